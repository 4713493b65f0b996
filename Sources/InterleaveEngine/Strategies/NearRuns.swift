/// Goes on at random from where a run came to something that few come to.
///
/// What a program says that it should see sometimes is often what its bugs lie behind, and where one
/// run in a hundred gets there, the others show nothing of them. So runs are made that begin as one
/// which got there, and part from it only then: "sometimes assertions" serve others in the same way,
/// as points to branch from.
///
/// It has nothing to do, and is exhausted, as long as nothing is known that is rare.
final class NearRuns: Strategy {
  /// Something that should come about sometimes.
  private struct Goal {
    /// In how many runs it did.
    var count = 0
    /// The steps of one of them, up to the one in which it did.
    var way: [StepKey] = []
  }

  /// What comes about in more than one run of so many is not rare.
  private static let rarity = 5
  /// Fewer runs do not tell what is rare.
  private static let leastRuns = 10
  /// More goals are not told apart.
  private static let mostGoals = 64

  private var goals: [UInt64: Goal] = [:]
  private var runs = 0
  private var follower: FollowOrder?
  private var rarest: UInt64?

  var isExhausted: Bool { rarest == nil }

  func begin(_ run: RunStart) {
    follower = rarest.flatMap { goals[$0] }.map { FollowOrder($0.way, seed: run.seed) }
    follower?.begin(run)
  }

  func choose(among steps: EnabledSteps) -> Int { follower?.choose(among: steps) ?? 0 }

  func end(_ run: RunRecord) {
    runs += 1
    for reached in run.reached { note(reached, in: run) }
    if !goals.isEmpty { rarest = findRarest() }
    follower = nil
  }

  private func note(_ reached: ReachedGoal, in run: RunRecord) {
    guard goals[reached.name] != nil || goals.count < Self.mostGoals else { return }
    goals[reached.name, default: Goal()].count += 1
    // Where this strategy has led, the way is known.
    guard follower == nil else { return }
    goals[reached.name]?.way = (0..<min(reached.steps, run.stepCount)).map { index in
      let step = run.step(at: index)
      return StepKey(task: run.task(step.taskNumber).name, ordinal: Int32(step.ordinal))
    }
  }

  private func findRarest() -> UInt64? {
    guard runs >= Self.leastRuns else { return nil }
    let rare = goals.filter { $0.value.count * Self.rarity <= runs }
    return rare.min { ($0.value.count, $0.key) < ($1.value.count, $1.key) }?.key
  }
}

/// Something that should come about sometimes and did in a run.
package struct ReachedGoal: Sendable {
  /// A hash of its name.
  package var name: UInt64
  /// How many steps had begun.
  package var steps: Int
}
