import InterleaveEngine

/// What runs in other orders have shown of a failing interleaving.
package struct ExperimentFindings: Sendable, Hashable {
  /// How runs ended in which an order was another one.
  package struct Runs: Sendable, Hashable {
    package var passed = 0
    /// In the same way as the failing interleaving.
    package var failed = 0

    /// The failure rests on the order.
    package var isDecisive: Bool { passed > 0 && failed == 0 }
  }

  /// Two steps of a task, and one of another task between them.
  package struct Stretch: Sendable, Hashable {
    package var before: Int
    package var between: Int
    package var after: Int
  }

  /// Runs in which nothing came between.
  package var undisturbed: [Stretch: Runs] = [:]
  /// Runs in which what came between came before.
  package var overtaken: [Stretch: Runs] = [:]
  /// Runs in which two steps came in the other order.
  package var reversed: [StepTrace.Race: Runs] = [:]
  /// Runs in which the task of the second of two steps went on first.
  package var ahead: [StepTrace.Race: Runs] = [:]
  /// For each deviation, by the index of its step, runs without it.
  package var without: [Int: Runs] = [:]

  /// For pairs of steps, and for deviations by the index of their step, two steps of the same tasks
  /// that have something in common and came in the other order in all runs that passed.
  package var meetings: [StepTrace.Race: StepTrace.Race] = [:]
  package var meetingsWithout: [Int: StepTrace.Race] = [:]

  /// Runs that go on at random after so many of the steps.
  package var chances: [Int: Runs] = [:]
  /// The run that passes and was the same for longest; nil where none was seen.
  package var passing: PassingRun?

  /// A run that passes, beside the one that fails.
  package struct PassingRun: Sendable, Hashable {
    package var interleaving: Interleaving
    /// The index of the first step that is another one.
    package var firstDifference: Int
  }

  /// The stretch in which the failure became likely: after how many steps it was how likely, and
  /// after how many how likely then; nil where that was not tried.
  package var rise: (before: Int, after: Int)? {
    let counts = chances.keys.sorted()
    let rises = zip(counts, counts.dropFirst()).map { before, after in
      (before: before, after: after, by: share(after) - share(before))
    }
    guard let most = rises.max(by: { $0.by < $1.by }), most.by >= 0.5 else { return nil }
    return (most.before, most.after)
  }

  /// The share of the runs that failed which went on at random after so many steps.
  private func share(_ count: Int) -> Double {
    guard let runs = chances[count], runs.passed + runs.failed > 0 else { return 0 }
    return Double(runs.failed) / Double(runs.passed + runs.failed)
  }

  /// Runs in which nothing came between a stretch's ends: whichever of its task's steps is taken for
  /// the first, these are the same.
  func undisturbed(_ stretch: Stretch) -> Runs? {
    undisturbed[stretch]
      ?? undisturbed.first {
        $0.key.between == stretch.between && $0.key.after == stretch.after
      }?.value
  }

  /// In a run in which what came between came before a later step of the same task, it passed: that
  /// one is the step that read.
  func isRead(after stretch: Stretch) -> Bool {
    overtaken.contains { other, runs in
      runs.isDecisive && other.between == stretch.between && other.after == stretch.after
        && other.before > stretch.before
    }
  }

  /// Nothing was found out: no run had the order that was asked for.
  package var isEmpty: Bool { orders == 0 && without.isEmpty }
  /// In how many ways two tasks' steps were put in another order.
  package var orders: Int {
    undisturbed.count + overtaken.count + reversed.count + ahead.count
  }
}
