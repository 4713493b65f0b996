/// The places of an interleaving in few letters, alike in the whole report.
struct PlaceNames {
  private let short: [String: String]

  init(_ interleaving: Interleaving) {
    let places = interleaving.steps.compactMap(\.place) + interleaving.tasks.compactMap(\.madeAt)
    short = SourcePath.shortest(places.map(\.file))
  }

  func name(_ place: Interleaving.Place) -> String {
    "\(short[place.file] ?? place.fileName):\(place.line)"
  }
}

extension Explanation {
  /// What runs in other orders have shown, a sentence each, in the order of the collisions or else
  /// of the reversals.
  var experimentSentences: [String?] {
    guard collisions.isEmpty else { return collisions.map(Self.experiment) }
    return reversals.map { reversal in
      let order =
        switch reversal.kind {
        case .pair: "in the other order"
        case .deviation: "in the ordinary order, where the second comes first,"
        case .task: "when the second task goes first from there on,"
        }
      return "By experiment: \(order) it passes\(reversal.runs.words)."
    }
  }

  private static func experiment(_ collision: Collision) -> String? {
    let isWhole = collision.undisturbed?.isDecisive == true
    let isLate = collision.overtaken?.isDecisive == true
    let runs = ExperimentFindings.Runs(
      passed: (isWhole ? collision.undisturbed?.passed ?? 0 : 0)
        + (isLate ? collision.overtaken?.passed ?? 0 : 0))
    switch (isWhole, isLate) {
    case (true, true):
      return "By experiment: with nothing in between it passes, whoever comes first\(runs.words)."
    case (true, false): return "By experiment: with nothing in between it passes\(runs.words)."
    case (false, true):
      return "By experiment: when what came between comes first, it passes\(runs.words)."
    case (false, false): return nil
    }
  }

  /// What is said where no order of two steps decides; nil where one does.
  var vainSentence: String? {
    guard vainOrders > 0 else { return nil }
    return "No two steps by themselves: "
      + (vainOrders == 1
        ? "in the one other order that was tried, it failed as well."
        : "in each of \(vainOrders) other orders that were tried, it failed as well.")
  }

  /// The departures in words, a sentence each.
  func departureSentences(in interleaving: Interleaving) -> [String] {
    let names = PlaceNames(interleaving)
    return departures.map { sentence(for: $0, in: interleaving, names) }
  }

  /// A departure in words.
  func sentence(
    for departure: Departure, in interleaving: Interleaving, _ names: PlaceNames
  ) -> String {
    let passed = departure.passedOver
    let picked = departure.picked
    let title = "Task\u{A0}\(passed.task)" + remark(task(passed, in: interleaving))
    let actor = interleaving.steps[safe: departure.index]?.actor ?? picked.executor
    let isKnown = !picked.function.isEmpty
    let verb = isKnown ? "ran `\(picked.function)`" : picked.ordinal == 0 ? "began" : "went on"
    let ran = verb + (actor.isEmpty ? "" : " on \(actor.unbroken)")
    let at = departure.passedOverPlace.map { " at \(names.name($0))" } ?? ""
    let step = "Step \(departure.index + 1): "
    let other =
      picked.task == passed.task
      ? "it"
      : "task\u{A0}\(picked.task)" + (isKnown ? "" : remark(task(picked, in: interleaving)))
    let need = departure.needWords.map { " \($0)" } ?? ""
    switch departure.kind {
    case .interruption where passed.inside != nil:
      let point = passed.inside?.words ?? ""
      return "\(step)\(title) was interrupted inside a step\(at), \(point); "
        + "\(other) \(ran) instead." + need
    case .interruption:
      return "\(step)\(title) was interrupted\(at), before it went on; \(other) \(ran) instead."
        + need
    case .stall:
      return "\(step)the timer of \(other) fired although \(lowercased(title)) was ready\(at): "
        + "\(other) \(ran) first." + need
    case .overtaking:
      return "\(step)\(title) was ready\(at), but \(other) \(ran) first." + need
    }
  }

  private func lowercased(_ title: String) -> String { "t" + title.dropFirst() }

  /// ` (Bank.withdraw)` of `Bank.withdraw(_:)`.
  func remark(_ function: String) -> String {
    guard !function.isEmpty else { return "" }
    let open = function.lastIndex(of: "(")
    return
      " (\(function.hasSuffix(")") ? function[..<(open ?? function.endIndex)] : function[...]))"
  }

  /// What a step's task runs, or else the step itself.
  func task(_ name: Interleaving.StepName, in interleaving: Interleaving) -> String {
    interleaving.function(ofTask: name.task) ?? name.function
  }
}

extension Interleaving {
  /// What a task runs; nil where the task is not known.
  func function(ofTask task: TaskPath) -> String? { tasks.first { $0.path == task }?.function }

  /// When the step ran that a deviation passed over; nil if it did not.
  func indexOfStep(passedOverBy deviation: Deviation) -> Int? {
    steps.indices.first {
      $0 > deviation.index && steps[$0].name.isSameStep(as: deviation.passedOver)
    }
  }

  /// The function in which a step went on, or else what its task runs.
  func title(of step: Step) -> String {
    let task = function(ofTask: step.name.task) ?? ""
    return !step.name.function.isEmpty ? step.name.function : task.isEmpty ? "task" : task
  }

  /// Who was cancelled by the run, and when; nil if nobody was.
  var cancellationSentence: String? {
    guard let cancellation else { return nil }
    let names = PlaceNames(self)
    let function = function(ofTask: cancellation.task) ?? ""
    let title =
      "task\u{A0}\(cancellation.task)" + (function.isEmpty ? "" : " (`\(function.unbroken)`)")
    let own = steps.prefix(cancellation.index).last { $0.name.task == cancellation.task }
    let state =
      switch own {
      case nil: "before it had begun"
      case let step?: step.place.map { "when it had last run at \(names.name($0))" } ?? ""
      }
    return "After step \(cancellation.index), the run cancelled \(title)"
      + (state.isEmpty ? "." : ", \(state).")
  }
}

extension Explanation.Departure {
  /// Whether the failure rests on it; nil where that was not tried.
  fileprivate var needWords: String? {
    guard let without else { return nil }
    if without.isDecisive { return "Needed: in the ordinary order it passes\(without.words)." }
    if without.passed > 0 {
      return "In the ordinary order it fails in \(without.failed) of "
        + "\(without.passed + without.failed) runs, too."
    }
    return enabled == 2
      ? "Any order fails here." : "Not needed: in the ordinary order it fails, too."
  }
}

extension Interleaving.StepName {
  /// It is the same step, or the same rest of one, of the same run.
  func isSameStep(as other: Self) -> Bool {
    task == other.task && ordinal == other.ordinal && inside == other.inside
  }
}

extension InsidePoint {
  /// `before it took a lock the second time`.
  var words: String {
    let time =
      switch occurrence {
      case 0: ""
      case 1: " the second time"
      case 2: " the third time"
      default: " for the \(ordinal(occurrence + 1)) time"
      }
    return "\(isAfter ? "after" : "before") it \(deed)\(operation == .wait ? "" : time)"
  }

  /// `before 2nd lock`, for narrow columns: locks have numbers of their own.
  var shortWords: String {
    (isAfter ? "after " : "before ")
      + (occurrence == 0 || operation == .wait ? "" : "\(ordinal(occurrence + 1)) ")
      + operation.rawValue
  }

  private var deed: String {
    switch operation {
    case .lock: "took a lock"
    case .cancel: "cancelled a task"
    case .look: "asked whether it was cancelled"
    case .resume: "resumed a continuation"
    case .wait: "went on waiting"
    case .signal: "signalled"
    case .create: "made a task"
    case .wake: "woke a task"
    case .unlock: "gave back a lock"
    case .atomic: "changed an atomic"
    case .submit: "handed a block to a queue"
    case .timer: "set, held up or cancelled a timer"
    case .transfer: "read from or wrote to a pipe or a socket"
    case .end: "ended"
    case .state: "asked for or changed what the whole process shares"
    }
  }
}

extension ExperimentFindings.Runs {
  /// How many of the runs passed; empty for the only one that there is.
  fileprivate var words: String {
    passed + failed > 1 ? " (\(passed) of \(passed + failed) runs)" : ""
  }
}

extension Interleaving.Change {
  /// `stored` of what was nothing before, `removed` of what is nothing after.
  var deed: String {
    let nothing: Set = ["nil", "[]", "[:]", "\"\""]
    switch (nothing.contains(before), nothing.contains(after)) {
    case (true, false): return "stored"
    case (false, true): return "removed"
    default: return "changed"
    }
  }

  /// Both values on one line, cut off where they are long.
  func words(_ glyphs: ReportGlyphs) -> String {
    "\(Self.short(before, glyphs)) \(glyphs.arrow) \(Self.short(after, glyphs))"
  }

  private static func short(_ value: String, _ glyphs: ReportGlyphs) -> String {
    let line = value.split(whereSeparator: \.isNewline).joined(separator: " ")
    guard line.count > 40 else { return line }
    return line.prefix(40 - glyphs.ellipsis.count) + glyphs.ellipsis
  }
}

extension Array {
  /// The element of an array of one; nil of any other.
  var only: Element? { count == 1 ? first : nil }

  /// The element at an index, if there is one.
  subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}

extension String {
  /// The text with spaces at which no line may be broken.
  var unbroken: String { String(map { $0 == " " ? "\u{A0}" : $0 }) }
}
