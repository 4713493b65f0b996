import InterleaveEngine

/// Failures that others may have brought about by being late: threads, queues, processes.
extension Campaign {
  /// How often such a failure may fail to come up again.
  private static let tries = 3

  /// Whether the run that has just failed says something about the program.
  ///
  /// What rests on nobody's doing something is true only if somebody was given the time for
  /// it; and what comes up only now and then where a thread takes part is not to be blamed on
  /// the program. A run that is not sure is made again, the first time with all the time that
  /// is given to others.
  func isSure(of failure: RunFailure, _ kept: KeptRun, _ draws: Draws) -> Bool {
    // A child does not have the threads that may be late: its parent will see to it.
    guard !isInChild, mayBeLate(failure) else { return true }
    let settings = machine.settings
    defer { machine.settings.patience = settings.patience }
    let isWaitedOut = !machine.wasHasty
    let escapes = machine.recordedEscapes
    for number in 0..<Self.tries {
      machine.settings.patience = isWaitedOut ? .hasty : number == 0 ? .careful : .ordinary
      if runAgain(kept, draws).failure?.isLike(failure) == true { return true }
    }
    noteDoubt(about: failure, escapes + machine.recordedEscapes)
    return false
  }

  private func mayBeLate(_ failure: RunFailure) -> Bool {
    machine.wasHasty || (failure.kind.isToldByTime && machine.hasEscapes)
  }

  private func noteDoubt(about failure: RunFailure, _ escapes: [Escape]) {
    let who =
      (escapes.first { $0.kind == .foreignThread } ?? escapes.first).map(words)
      ?? "somebody outside of the run's control let a task go on"
    let doubt =
      "a schedule failed once, but not when others were given more time, so that it says nothing "
      + "about the test: \(failure.kind.words). \(who); `foreignGrace` is how long it is waited for"
    if !report.warnings.contains(doubt) { report.warnings.append(doubt) }
  }

  /// Makes sure of a failure that another process has found.
  func isSure(of found: FoundFailure) -> Bool {
    guard found.failure.kind.isToldByTime, !found.isSure, found.interleaving == nil else {
      return true
    }
    plan = .replay(found.draws)
    machine.settings.environmentSeed = found.seed
    machine.settings.patience = .careful
    defer {
      machine.settings.patience = .ordinary
      machine.settings.environmentSeed = resolved.seed
    }
    let outcome = Containment.run(hangLimit: hangLimit) { [self] in
      fails(like: found.failure, found.schedule, found.draws)
    }
    guard case .finished(false) = outcome else { return true }
    noteDoubt(about: found.failure, machine.recordedEscapes)
    return false
  }

  // MARK: Input and output

  /// Something came from a socket or a pipe.
  var doesIO: Bool { escapedKinds.contains(.io) }

  /// What is said of a test that talks to others.
  func noteIO(_ places: [String]) {
    guard let first = places.sorted().first else { return }
    report.warnings.append(
      "this test does real I/O: \(first). What comes from outside, and when, is not the run's: a "
        + "failure may not come up again, a time-out may fire although an answer is on its way, "
        + "and no failure is kept in the corpus. Let a double answer in its place")
  }
}
