import InterleaveEngine

extension Campaign {
  /// The runs that pass and are run again: the second, the tenth, the hundredth and so on.
  ///
  /// Not the first, in which caches are filled that a process keeps.
  static func isSample(_ index: Int) -> Bool {
    var power = 10
    while power < index + 1 { power *= 10 }
    return index == 1 || power == index + 1
  }

  /// Runs a passing schedule again, and warns if that gives another interleaving.
  ///
  /// The run counts neither as a schedule nor in the steps. Where something escaped, it is
  /// known already that a replay may differ.
  func checkRepeats(_ first: KeptRun?, _ draws: Draws) {
    guard let first, !hasWarnedOfNondeterminism, run.cancellation == nil else { return }
    guard let difference = difference(from: first, draws), !difference.escaped else { return }
    hasWarnedOfNondeterminism = true
    report.warnings.append(
      "\(FuzzFailure.Kind.nondeterministic.words): a schedule that passed was run again\n"
        + difference.lines.joined(separator: "\n"))
  }

  /// Runs a failing schedule again, before it is shrunk.
  ///
  /// - Returns: The failure to report instead, if this one does not come up again.
  func nondeterminism(of found: FoundFailure) -> FuzzFailure? {
    guard let first = found.kept else { return nil }
    if found.failure.kind.isToldByTime { machine.settings.patience = .hasty }
    defer { machine.settings.patience = .ordinary }
    guard let difference = difference(from: first, found.draws) else { return nil }
    if difference.failsAlike {
      // The first run of a process fills caches that all others find.
      if difference.settles, found.schedulesTried == 1 { return nil }
      let lines = ["a failing schedule was run again"] + difference.lines
      report.warnings.append(
        "\(FuzzFailure.Kind.nondeterministic.words): \(lines.joined(separator: "\n"))")
      return nil
    }
    let lines =
      ["a schedule failed, but not in the same way when it was run again with the same choices:"]
      + [
        "* first: \(found.failure.kind.words)\n\(found.failure.message)",
        "* then: \(difference.second.map { "\($0.kind.words)\n\($0.message)" } ?? "it passed")",
      ] + difference.lines
    return FuzzFailure(
      kind: .nondeterministic, message: lines.joined(separator: "\n"),
      sourceLocation: found.failure.location,
      original: FuzzFailure.Size(found.schedule, found.draws), seed: found.seed,
      schedulesTried: found.schedulesTried, strategy: found.strategy,
      replayCommand: test.replayCommand, test: test.name)
  }

  /// What was different when a run was made again.
  private struct Difference {
    /// How the second run failed.
    var second: RunFailure?
    var failsAlike: Bool
    /// Something left the run's control.
    var escaped: Bool
    /// A third run was like the second.
    var settles: Bool
    /// The first step that differs, both sides, and the likely cause.
    var lines: [String]
  }

  /// Where a thread of its own takes part, how often a failure may fail to come up again.
  private static let tries = 3

  /// Makes a run again.
  ///
  /// - Returns: What was different; nil if nothing was.
  private func difference(from first: KeptRun, _ draws: Draws) -> Difference? {
    var again = runAgain(first, draws)
    var failsAlike = { (run: KeptRun) in
      guard let failure = first.failure else { return run.failure == nil }
      return run.failure?.isLike(failure) ?? false
    }(again)
    let index = first.firstDifference(to: again)
    if index == nil, failsAlike { return nil }
    let escapes = machine.recordedEscapes
    var tries = 1
    // A thread is sometimes late. What it led to may still be worth shrinking.
    while !failsAlike, !escapes.isEmpty, tries < Self.tries {
      let another = runAgain(first, draws)
      tries += 1
      if let failure = first.failure, another.failure?.isLike(failure) == true {
        failsAlike = true
        again = another
      }
    }
    var lines: [String] = []
    if let index {
      lines.append("* step \(index + 1) was at first \(first.words(ofStep: index))")
      lines.append("* step \(index + 1) was then \(again.words(ofStep: index))")
    } else {
      lines.append("* all \(counted(first.schedule.steps.count, "step")) were the same")
    }
    let settles =
      index != nil && escapes.isEmpty && runAgain(first, draws).firstDifference(to: again) == nil
    lines.append("Likely cause: " + cause(escapes, differs: index != nil, settles: settles))
    return Difference(
      second: again.failure, failsAlike: failsAlike, escaped: !escapes.isEmpty, settles: settles,
      lines: lines)
  }

  func runAgain(_ first: KeptRun, _ draws: Draws) -> KeptRun {
    plan = .replay(draws)
    repeatCancellation(of: first.schedule)
    var again: KeptRun?
    _ = execute(Replay(first.schedule.deviations), RunStart(index: 0, seed: 0)) { [self] failure in
      again = KeptRun(machine, failure: failure)
    }
    guard let again else { preconditionFailure("a run is always inspected") }
    return again
  }

  /// Why two runs of the same choices differ, most likely.
  ///
  /// - Parameters:
  ///   - differs: Their steps differ, not only what came of them.
  ///   - settles: A third run is like the second.
  private func cause(_ escapes: [Escape], differs: Bool, settles: Bool) -> String {
    if let escape = escapes.first(where: { $0.kind == .foreignThread }) ?? escapes.first {
      return "\(words(escape)), and what it does is not under the run's control."
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
