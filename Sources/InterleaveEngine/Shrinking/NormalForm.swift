/// Reorders independent steps of a schedule so that fewer tasks are interrupted.
///
/// The result is the same interleaving as far as the program can tell (dejafu's
/// normal form), so one run is enough to make sure of it.
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
  ///
  /// - Complexity: O(*n*²), where *n* is the number of steps.
  static func order(of schedule: RecordedSchedule, by rule: Rule) -> [StepKey] {
    let dependence = Dependence(schedule)
    let steps = schedule.steps
    var missing = Array(repeating: 0, count: steps.count)
    var followers: [[Int]] = Array(repeating: [], count: steps.count)
    for later in steps.indices {
      for earlier in 0..<later where dependence.dependent(earlier, later) {
        missing[later] += 1
        followers[earlier].append(later)
      }
    }
    // Free to run, in the order in which they were run.
    var free = steps.indices.filter { missing[$0] == 0 }
    var readySince = Array(repeating: -1, count: steps.count)
    var order: [StepKey] = []
    var last: UInt64?
    while !free.isEmpty {
      let pick =
        free.firstIndex { steps[$0].key.task == last }
        ?? (rule == .asRun ? 0 : longestReady(free, readySince))
      let step = free.remove(at: pick)
      for (index, other) in steps.enumerated() where other.cause == step {
        readySince[index] = order.count
      }
      order.append(steps[step].key)
      last = steps[step].key.task
      for follower in followers[step] {
        missing[follower] -= 1
        guard missing[follower] == 0 else { continue }
        free.insert(follower, at: free.firstIndex { $0 > follower } ?? free.count)
      }
    }
    return order
  }

  private static func longestReady(_ free: [Int], _ readySince: [Int]) -> Int {
    free.indices.min { readySince[free[$0]] < readySince[free[$1]] } ?? 0
  }
}
