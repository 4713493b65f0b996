import InterleaveEngine

/// A failure as a document for programs: the content of `interleaving.json`.
///
/// ```json
/// { "format": "interleave failure", "version": 1, "test": "BankTests/neverOverdrawn()",
///   "kind": "expectation", "message": "...", "tasks": [...], "steps": [...], ... }
/// ```
///
/// Members may be added without a new version; none changes its meaning without one. The README
/// lists them.
struct FailureDocument {
  /// What is raised when a member changes its meaning.
  static let version = 1

  private let failure: FuzzFailure
  private let interleaving: Interleaving
  private let explanation: Explanation
  private let names: PlaceNames
  private let source: SourceLines

  init(_ failure: FuzzFailure, _ source: SourceLines = SourceLines()) {
    let failure = failure.withoutMiddles
    self.failure = failure
    interleaving = failure.interleaving.shown
    explanation = Explanation(interleaving, failure.findings)
    names = PlaceNames(interleaving)
    self.source = source
  }

  /// The document.
  var json: JSONValue {
    .object([
      "format": .text("interleave failure"),
      "version": .number(Self.version),
      "test": .text(failure.test),
      "kind": .text(failure.kind.rawValue),
      "headline": .text(failure.kind.words),
      "message": .clipped(failure.message),
      "location": failure.sourceLocation.map {
        .object(["file": .text($0.filePath), "line": .number($0.line)])
      },
      "callStack": texts(failure.callStack),
      "inputs": texts(failure.inputs),
      "operations": texts(failure.operations),
      "history": failure.history.map(history),
      "collisions": .list(collisions()),
      "vain": (explanation.lateSentence(in: interleaving, .ascii) ?? explanation.vainSentence).map {
        .text($0.withSpaces)
      },
      "tasks": .list(interleaving.tasks.map(task)),
      "steps": .list(interleaving.steps.indices.map(step)),
      "deviations": .list(deviations()),
      "cancellation": interleaving.cancellation.map {
        .object(["task": .text("\($0.task)"), "afterStep": .number($0.index)])
      },
      "poolWidth": interleaving.poolWidth.map { .number($0) },
      "randomSeed": interleaving.randomSeed.map { .text(String($0)) },
      "experiments": .list(experiments()),
      "chances": .list(chances()),
      "passing": passing(),
      "failsInLastStep": .bool(failure.kind.endsInAStep),
      "past": failure.past.map { .list($0.sorted().map { .number($0 + 1) }) },
      "seed": failure.isOneOrder ? nil : .text(String(failure.seed)),
      "schedulesTried": .number(failure.schedulesTried),
      "strategy": failure.strategy.map { .text($0) },
      "isMinimal": .bool(failure.isMinimal),
      "corpusFile": failure.corpusFile.map { .text($0) },
      "replayCommand": failure.replayCommand.map { .text($0) },
      "escapes": texts(failure.escapes),
      "sources": sources(),
    ])
  }

  private func texts(_ texts: [String]) -> JSONValue { .list(texts.map { .clipped($0) }) }

  // MARK: The interleaving

  private func task(_ task: Interleaving.TaskInfo) -> JSONValue {
    .object([
      "path": .text("\(task.path)"), "function": .text(task.function),
      "madeAt": task.madeAt.map(place),
    ])
  }

  private func place(_ place: Interleaving.Place) -> JSONValue {
    .object([
      "file": .text(place.file), "line": .number(place.line), "name": .text(names.name(place)),
    ])
  }

  private func step(_ index: Int) -> JSONValue {
    let step = interleaving.steps[index]
    let words = StepWords(index, of: interleaving, names, .ascii)
    return .object([
      "number": .number(index + 1),
      "task": .text("\(step.name.task)"),
      "actor": .text(step.actor.withSpaces),
      "function": .text(words.function),
      "place": interleaving.nearestPlace(ofStep: index).map(place),
      "isExactPlace": .bool(step.place != nil),
      "reason": .text(step.reason.word),
      "end": .text(step.end.word),
      "time": .number(Int(step.time)),
      "madeReadyBy": step.cause.map { .number($0 + 1) },
      "enabled": .number(step.enabled),
      "isPreemption": .bool(step.isPreemption),
      "isStall": .bool(step.isStall),
      "isRest": .bool(step.name.inside != nil),
      "changes": .list(step.changes.map(change)),
      "notes": texts(step.notes),
      "events": .list(step.events.map { event($0, ofStep: index) }),
      "remarks": texts(words.remarks.map { $0.rendered(colour: false) }),
    ])
  }

  private func change(_ change: Interleaving.Change) -> JSONValue {
    .object([
      "property": .text(change.property), "before": .clipped(change.before),
      "after": .clipped(change.after),
    ])
  }

  private func event(_ event: Interleaving.Event, ofStep index: Int) -> JSONValue {
    .object([
      "kind": .text(event.kind.rawValue), "task": event.task.map { .text("\($0)") },
      "place": event.place.map(place), "detail": .clipped(event.detail),
      "words": .clipped(event.words(names, ofStep: index, in: interleaving)),
    ])
  }

  private func deviations() -> [JSONValue] {
    zip(interleaving.deviations, explanation.departures).map { deviation, departure in
      .object([
        "step": .number(deviation.index + 1),
        "picked": .text("\(deviation.picked.task)"),
        "passedOver": .text("\(deviation.passedOver.task)"),
        "isNeeded": departure.isNeeded.map { .bool($0) },
        "words": .text(
          explanation.sentence(for: departure, in: interleaving, names).withSpaces),
      ])
    }
  }

  /// The calls of a spec, with the longest order that the model explains.
  private func history(_ history: JudgedHistory) -> JSONValue {
    .object([
      "calls": .list(
        history.calls.map {
          .object([
            "lane": .number($0.lane), "operation": .clipped($0.operation),
            "response": $0.response.map { .clipped($0) }, "invoked": .number($0.invoked),
            "returned": $0.returned.map { .number($0) },
          ])
        }),
      "explained": .list(history.explained.map { .number($0 + 1) }),
      "state": .clipped(history.state),
      "next": .list(
        history.misfits.map {
          .object(["call": .number($0.call + 1), "allowed": texts($0.allowed)])
        }),
    ])
  }

  // MARK: What collided

  private func collisions() -> [JSONValue] {
    let steps =
      explanation.collisions.map { [$0.before, $0.between, $0.after] }
      + explanation.reversals.map { [$0.pair.first, $0.pair.second] }
    let sentences =
      explanation.collisionSentences(in: interleaving, .ascii)
      + explanation.reversalSentences(in: interleaving, .ascii)
    return zip(zip(steps, sentences), explanation.experimentSentences).map {
      .object([
        "steps": .list($0.0.map { .number($0 + 1) }), "words": .text($0.1.withSpaces),
        "experiment": $1.map { .text($0.withSpaces) },
      ])
    }
  }

  /// What runs in other orders came to, by the steps whose order was another.
  private func experiments() -> [JSONValue] {
    guard let findings = failure.findings else { return [] }
    typealias Runs = ExperimentFindings.Runs
    var all: [(kind: String, steps: [Int], runs: Runs)] = []
    for (kind, runs) in [("undisturbed", findings.undisturbed), ("overtaken", findings.overtaken)] {
      all += runs.map { (kind, [$0.before, $0.between, $0.after], $1) }
    }
    for (kind, runs) in [("reversed", findings.reversed), ("ahead", findings.ahead)] {
      all += runs.map { (kind, [$0.first, $0.second], $1) }
    }
    all += findings.without.map { ("without", [$0], $1) }
    return all.sorted { ($0.steps.lexical, $0.kind) < ($1.steps.lexical, $1.kind) }.map {
      .object([
        "kind": .text($0.kind), "steps": .list($0.steps.map { .number($0 + 1) }),
        "passed": .number($0.runs.passed), "failed": .number($0.runs.failed),
      ])
    }
  }

  /// Of runs that go on at random after so many steps, how many failed.
  private func chances() -> [JSONValue] {
    (failure.findings?.chances ?? [:]).sorted { $0.key < $1.key }.map { count, runs in
      .object([
        "afterStep": .number(count), "passed": .number(runs.passed), "failed": .number(runs.failed),
      ])
    }
  }

  /// The nearest run that passes, from where it leaves the one that fails.
  private func passing() -> JSONValue? {
    guard let passing = failure.findings?.passing else { return nil }
    let shown = passing.interleaving.shown
    let told = FailureDocument(
      FuzzFailure(kind: failure.kind, message: "", interleaving: passing.interleaving), source)
    return .object([
      "firstDifference": .number(passing.firstDifference + 1),
      "steps": .list(
        shown.steps.indices.dropFirst(passing.firstDifference).map { told.step($0) }),
    ])
  }

  // MARK: The source

  /// The lines around each place, by file and line.
  private func sources() -> JSONValue {
    var lines: [String: Set<Int>] = [:]
    let places =
      interleaving.steps.compactMap(\.place) + interleaving.tasks.compactMap(\.madeAt)
      + interleaving.steps.flatMap { $0.events.compactMap(\.place) }
    for place in places {
      lines[place.file, default: []].formUnion(place.line - 4...place.line + 4)
    }
    return .object(
      lines.keys.sorted().compactMap { file in
        let texts = source.lines(of: file, lines[file, default: []].sorted())
        guard !texts.isEmpty else { return nil }
        let members = texts.map { JSONValue.Member(key: String($0), value: .clipped($1)) }
        return JSONValue.Member(key: file, value: .object(members))
      })
  }
}

extension [Int] {
  /// By which lists of steps are put in order.
  fileprivate var lexical: String {
    map { String(1_000_000_000 + $0) }.joined(separator: " ")
  }
}

extension String {
  /// The text with plain spaces for those at which no line may be broken.
  var withSpaces: String { String(map { $0 == "\u{A0}" ? " " : $0 }) }
}

extension EnabledReason {
  /// The word by which documents call it.
  fileprivate var word: String {
    switch self {
    case .created: "created"
    case .hopped: "hopped"
    case .resumed: "resumed"
    case .timer: "timer"
    case .foreign: "foreign"
    case .interrupted: "interrupted"
    }
  }
}

extension StepEnd {
  fileprivate var word: String {
    switch self {
    case .suspended: "suspended"
    case .hopped: "hopped"
    case .ready: "ready"
    case .ended: "ended"
    case .interrupted: "interrupted"
    }
  }
}
