import InterleaveEngine

/// A corpus entry whose own interleaving does not fail any more.
struct StaleEntry {
  var path: String
  var entry: CorpusEntry
  /// What has become of its interleaving.
  var reason: String
}

extension Campaign {
  /// How many schedules are run near an entry whose interleaving is gone.
  private static let runsNearStale = 400

  /// Looks for the failure of an entry near its interleaving.
  ///
  /// - Parameters:
  ///   - stale: The entry.
  ///   - matched: The deviations of the replay that came nearest to it.
  /// - Returns: The same failure where it was found, and how many schedules were run.
  func repair(
    _ stale: StaleEntry, matched: [NearbySchedule.Deviation]?
  ) -> (found: FoundFailure?, runs: Int) {
    let entry = stale.entry
    machine.settings.environmentSeed = entry.seed
    repairing = stale
    defer {
      repairing = nil
      machine.canceller = nil
      machine.settings.environmentSeed = resolved.seed
    }
    guard adaptDraws(of: entry) else { return (nil, 0) }
    var neighbourhood = EntryNeighbourhood(
      entry, matched: matched, limit: Self.runsNearStale)
    var found: FoundFailure?
    while found == nil, mayGoOn(neighbourhood.count + 1), let schedule = neighbourhood.next() {
      let strategy = NearbyReplay(schedule, machine: machine)
      let canceller = entry.cancellation.map { storedCanceller($0, near: schedule) }
      machine.canceller = canceller
      _ = execute(strategy, RunStart(index: 0, seed: entry.seed)) { [self] failure in
        neighbourhood.record(strategy.nearby, hasCancelled: canceller?.found ?? false)
        guard let failure, entry.isOf(FuzzFailure(failure)) else { return }
        found = FoundFailure(
          failure: failure, schedule: machine.recordedSchedule(upTo: failure.steps),
          draws: programRun.draws, repaired: stale, schedulesTried: report.replayed,
          seed: entry.seed)
      }
      // Whatever the schedule, nothing else can happen.
      if machine.choices == 0, canceller == nil { break }
    }
    return (found, neighbourhood.count)
  }

  private func storedCanceller(
    _ cancellation: Interleaving.Cancellation, near schedule: NearbySchedule
  ) -> any StoredCanceller {
    guard let shift = schedule.cancellationShift else {
      return CorpusCancellation(cancellation, strictness: .function, machine: machine)
    }
    return NearbyCancellation(cancellation, shift: shift, machine: machine)
  }

  /// Generates what comes nearest to what an entry stores, for all runs that follow.
  ///
  /// - Returns: Whether anything can be made of it.
  private func adaptDraws(of entry: CorpusEntry) -> Bool {
    guard program.isGenerated else {
      plan = .simplest
      return true
    }
    plan = .adapted(StoredDraws(entry))
    _ = execute(Baseline(), RunStart(index: 0, seed: entry.seed))
    guard programRun.staleReason == nil else { return false }
    plan = .replay(programRun.draws)
    return true
  }
}

extension StoredDraws {
  init(_ entry: CorpusEntry) {
    self.init(
      texts: GeneratedTexts(inputs: entry.inputs, operations: entry.operations),
      rows: entry.choices)
  }
}
