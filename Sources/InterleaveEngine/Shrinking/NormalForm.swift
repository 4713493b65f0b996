/// Reorders independent steps of a schedule so that fewer tasks are interrupted.
///
/// The result is the same interleaving as far as the program can tell (the normal
/// form of dejafu: Walker, Runciman: "Déjà Fu: a concurrency testing library for
/// Haskell", Haskell 2015), so one run is enough to make sure of it.
enum NormalForm {
  /// What to do where the last task cannot go on.
  enum Rule: CaseIterable {
    /// Take the task that went on first in the schedule.
    case asRun
    /// Take the task that has been ready for longest, as the baseline does.
    case longestReady
  }

  /// An order of the schedule's steps that respects their dependence and goes on
  /// with the last task wherever it can.
  static func order(of schedule: RecordedSchedule, by rule: Rule) -> [StepKey] {
    let steps = schedule.steps
    let predecessors = Dependence(schedule).predecessors
    var missing = predecessors.map(\.count)
    var followers: [[Int]] = Array(repeating: [], count: steps.count)
    for (later, earlier) in predecessors.enumerated() {
      for step in earlier { followers[step].append(later) }
    }
    // Free to run, in the order in which they were run.
    var free = steps.indices.filter { missing[$0] == 0 }
    // When each step was reached in the new order.
    var places = Array(repeating: -1, count: steps.count)
    var order: [StepKey] = []
    while !free.isEmpty {
      let pick =
        free.firstIndex { steps[$0].key.task == order.last?.task }
        ?? (rule == .asRun
          ? 0
          : free.indices.min {
            readySince(steps[free[$0]], places) < readySince(steps[free[$1]], places)
          } ?? 0)
      let step = free.remove(at: pick)
      places[step] = order.count
      order.append(steps[step].key)
      for follower in followers[step] {
        missing[follower] -= 1
        guard missing[follower] == 0 else { continue }
        free.insert(follower, at: free.firstIndex { $0 > follower } ?? free.count)
      }
    }
    return order
  }

  private static func readySince(_ step: RecordedStep, _ places: [Int]) -> Int {
    step.cause < 0 ? -1 : places[step.cause]
  }
}
