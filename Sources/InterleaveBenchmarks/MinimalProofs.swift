import Foundation
import InterleaveBugs
import InterleaveEngine

/// Shrinks the first failure of each bug program within 5,000 runs, with and without merging
/// states, and counts of which it is shown that no schedule with fewer preemptions fails.
///
/// - Returns: Merging lost no proof, and led to no other number of preemptions.
func measureProofs() async throws -> Bool {
  try await Task(executorPreference: MachineThread()) {
    let hunter = try Hunter()
    var table = MarkdownTable(
      "program", "steps", "preemptions", "every schedule", "merged",
      "runs within a preemption more: every schedule", "merged")
    var (needed, plain, merged, isGood) = (0, 0, 0, true)
    let watch = SharingWatch()
    hunter.noteUnseen(watch != nil)
    for program in BugProgram.all {
      guard let failing = hunter.firstFailure(of: program.body) else { continue }
      let (before, after) = (
        hunter.shrink(failing, of: program.body, mergesStates: false),
        hunter.shrink(failing, of: program.body, mergesStates: watch != nil)
      )
      isGood =
        isGood && (after.isMinimal || !before.isMinimal)
        && (!before.isMinimal || before.schedule.preemptions == after.schedule.preemptions)
      guard max(before.schedule.preemptions, after.schedule.preemptions) > 0 else { continue }
      needed += 1
      if before.isMinimal { plain += 1 }
      if after.isMinimal { merged += 1 }
      table.add(
        program.name, "\(after.schedule.steps.count)",
        "\(before.schedule.preemptions), \(after.schedule.preemptions)", words(before),
        words(after), search(program.body, preemptions: after.schedule.preemptions, hunter, false),
        search(program.body, preemptions: after.schedule.preemptions, hunter, watch != nil))
    }
    withExtendedLifetime(watch) {}
    print(table)
    print("\nshown of \(needed): \(plain) by every schedule, \(merged) by merging states")
    return isGood
  }.value
}

/// Says how many runs it takes to try all schedules with at most so many preemptions.
private func search(
  _ body: @escaping @Sendable () async throws -> Void, preemptions: Int, _ hunter: Hunter,
  _ mergesStates: Bool
) -> String {
  let search = BoundedSearch(maxPreemptions: preemptions, skipsKnownStates: mergesStates)
  var (runs, isSound) = (0, true)
  while runs < 2_000, search.advance() {
    runs += 1
    hunter.run(body, search, RunStart(index: 0, seed: 0)) { machine, _ in
      isSound = isSound && (machine.followsRelation || !mergesStates)
    }
  }
  return isSound ? "\(runs)\(search.isExhausted ? "" : "+")" : "states differ unseen"
}

private func words(_ result: ScheduleShrinker.Result) -> String {
  (result.isMinimal ? "minimal" : "up to \(result.shownBound.map(String.init) ?? "none")")
    + ", \(result.runs) runs"
}

extension Hunter {
  /// The first schedule of a random walk that fails.
  fileprivate func firstFailure(
    of body: @escaping @Sendable () async throws -> Void
  ) -> RecordedSchedule? {
    let walk = RandomWalk()
    var schedule: RecordedSchedule?
    for index in 0..<10_000 where schedule == nil {
      let start = RunStart(index: index, seed: SplitMix64.seed(1, stream: UInt64(index)))
      run(body, walk, start) { machine, reason in
        if reason != nil { schedule = machine.recordedSchedule() }
      }
    }
    return schedule
  }

  fileprivate func shrink(
    _ failing: RecordedSchedule, of body: @escaping @Sendable () async throws -> Void,
    mergesStates: Bool
  ) -> ScheduleShrinker.Result {
    var budget = ScheduleShrinker.Budget()
    budget.runs = 5_000
    return ScheduleShrinker(budget: budget, mergesStates: mergesStates).shrink(failing) {
      strategy in
      var trial = Trial(fails: false, schedule: RecordedSchedule(steps: []))
      run(body, strategy, RunStart(index: 0, seed: 0)) { machine, reason in
        trial = Trial(
          fails: reason != nil, schedule: machine.recordedSchedule(),
          followsRelation: machine.followsRelation)
      }
      return trial
    }
  }
}
