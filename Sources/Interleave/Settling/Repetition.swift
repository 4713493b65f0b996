import InterleaveEngine

/// Makes a run again, to see whether the same choices make the same run.
///
/// ```swift
/// var repetition = Repetition(of: first)
/// while let request = repetition.next() { repetition.learn(runner.run(request)) }
/// if let difference = repetition.difference { … }
/// ```
struct Repetition {
  /// What was different when a run was made again.
  struct Difference {
    /// How the second run failed.
    var second: RunFailure?
    var failsAlike: Bool
    /// Something left the run's control.
    var escaped: Bool
    /// All that did so was left alone on purpose.
    var isOfPartners: Bool
    /// A third run was like the second.
    var settles: Bool
    /// The first step that differs, both sides, and the likely cause.
    var lines: [String]
  }

  private enum Phase {
    /// The first repetition, those that a thread may have been late for or of which a race may have
    /// been forgotten, and one that shows whether things have settled.
    case again, late, settling, over
  }

  /// Where a thread of its own takes part, and where it takes the thread sanitizer to see it, how
  /// often a failure may fail to come up again.
  private static let mostTries = 3

  private let first: RunOutcome
  private let patience: Patience
  private var phase = Phase.again
  private var tries = 0
  private var again = RunOutcome()
  private var failsAlike = false
  /// The first step that differs.
  private var index: Int?
  private var escapes: [SeenEscape] = []
  /// What was different; nil if nothing was.
  private(set) var difference: Difference?

  /// - Parameters:
  ///   - first: The run, with its ``RunWants/comparison``.
  ///   - patience: Where the repetitions wait for others.
  init(of first: RunOutcome, patience: Patience = .ordinary) {
    self.first = first
    self.patience = patience
  }

  /// The runs that pass and are run again: the second, the tenth, the hundredth and so on.
  ///
  /// Not the first, in which caches are filled that a process keeps.
  static func isSample(_ index: Int) -> Bool {
    var power = 10
    while power < index + 1 { power *= 10 }
    return index == 1 || power == index + 1
  }

  /// What is wanted of an exploration's run, by its number.
  static func wants(_ index: Int) -> RunWants {
    isSample(index) ? [.count, .comparison] : [.count, .traceOfFailure]
  }

  /// The next run; nil once it is known what was different.
  func next() -> RunRequest? {
    guard phase != .over, let schedule = first.schedule, let draws = first.draws else { return nil }
    var request = RunRequest.replay(schedule, draws)
    request.terms.patience = patience
    request.wants = .comparison
    return request
  }

  mutating func learn(_ outcome: RunOutcome) {
    switch phase {
    case .again:
      again = outcome
      tries = 1
      failsAlike =
        first.failure.map { outcome.fails(like: $0) } ?? (outcome.failure == nil)
      index = first.firstDifference(to: outcome)
      if index == nil, failsAlike { return phase = .over }
      escapes = outcome.escapes
      goOn()
    case .late:
      tries += 1
      let isForgotten = mayBeForgotten
      if let failure = first.failure, outcome.fails(like: failure) {
        failsAlike = true
        again = outcome
        if isForgotten { return phase = .over }
      }
      goOn()
    case .settling: end(settles: outcome.firstDifference(to: again) == nil)
    case .over: break
    }
  }

  private mutating func goOn() {
    // A thread is sometimes late. What it led to may still be worth shrinking.
    if !failsAlike, !escapes.isEmpty || mayBeForgotten, tries < Self.mostTries {
      return phase = .late
    }
    if index != nil, escapes.isEmpty { return phase = .settling }
    end(settles: false)
  }

  /// The run was the same, and the thread sanitizer saw no race: now and then it begins anew, maybe amid
  /// a run, and has forgotten what was done before.
  private var mayBeForgotten: Bool {
    first.failure?.kind == .dataRace && again.failure == nil && index == nil && escapes.isEmpty
  }

  private mutating func end(settles: Bool) {
    phase = .over
    var lines: [String] = []
    if let index {
      lines.append("* step \(index + 1) was at first \(first.words(ofStep: index))")
      lines.append("* step \(index + 1) was then \(again.words(ofStep: index))")
    } else {
      lines.append("* all \(counted(first.schedule?.steps.count ?? 0, "step")) were the same")
    }
    lines.append("Likely cause: " + cause(differs: index != nil, settles: settles))
    difference = Difference(
      second: again.failure, failsAlike: failsAlike, escaped: !escapes.isEmpty,
      isOfPartners: !escapes.isEmpty && escapes.allSatisfy(\.escape.isNative), settles: settles,
      lines: lines)
  }

  /// Why two runs of the same choices differ, most likely.
  ///
  /// - Parameters:
  ///   - differs: Their steps differ, not only what came of them.
  ///   - settles: A third run is like the second.
  private func cause(differs: Bool, settles: Bool) -> String {
    if let seen = escapes.first(where: { $0.escape.kind == .foreignThread }) ?? escapes.first {
      return "\(seen.words), and what it does is not under the run's control."
    }
    if first.limits.contains(.randomness) {
      return "what a run has left under a name that it drew at random (a folder named by a `UUID`, "
        + "for instance), since a schedule that is run again draws the same; or something else that "
        + "outlives a run: a global or captured variable, a cache, files."
    }
    if settles {
      return "something that outlives a run and was different in the first one: a global or static "
        + "variable, a cache, or a variable that the body captures."
    }
    return "something that changes from run to run and is not under the run's control: a global or "
      + "captured variable that runs change, memory addresses that decide something "
      + "(`ObjectIdentifier`, `hashValue` of a pointer), files, or the network."
  }
}

extension Repetition.Difference {
  /// What is said of a schedule that passed, and gave another run the next time; nil where it is
  /// known already that a replay may differ.
  var warningOfSample: String? {
    guard !escaped else { return nil }
    return "\(FuzzFailure.Kind.nondeterministic.words): a schedule that passed was run again\n"
      + lines.joined(separator: "\n")
  }
}

extension RunOutcome {
  /// The first step in which another run differs, which made the same choices.
  ///
  /// Only as many steps are compared as this run has, since what comes after a failure
  /// does not matter.
  func firstDifference(to other: RunOutcome) -> Int? {
    Self.firstDifference(
      schedule?.steps ?? [], other.schedule?.steps ?? [], isPrefix: failure != nil)
  }

  /// The first index at which two runs took different steps, or could have.
  static func firstDifference(
    _ first: [RecordedStep], _ second: [RecordedStep], isPrefix: Bool
  ) -> Int? {
    let pairs = zip(first, second)
    if let index = pairs.enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
      return index
    }
    let isSame = isPrefix ? second.count >= first.count : second.count == first.count
    return isSame ? nil : min(first.count, second.count)
  }

  /// A step of the schedule in words.
  func words(ofStep index: Int) -> String {
    guard let trace, let schedule, schedule.steps.indices.contains(index) else {
      return "the run was over"
    }
    let step = trace.steps[index]
    let code = Symbolicator.shared.place(of: .start(step.key.resume))
    let function = code.function.isEmpty ? "" : " in \(code.function)"
    let place = code.place.map { " (\($0))" } ?? ""
    let executor = StepNamer(trace).executorName(step.key.executor)
    let count = schedule.steps[index].enabled
    let inside = step.key.inside.map { ", interrupted \($0.words)" } ?? ""
    let isFirst = schedule.steps[index].passedOver == schedule.steps[index].key
    return "task \(trace.path(ofTask: step.key.task))\(function)\(place)"
      + (executor.isEmpty ? "" : " on \(executor)") + inside
      + ", one of \(counted(count, "step")) that could run"
      + (isFirst ? "" : ", before task \(trace.path(ofTask: step.passedOver.task))'s")
  }
}
