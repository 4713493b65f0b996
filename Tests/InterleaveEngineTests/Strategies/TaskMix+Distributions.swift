import InterleaveEngine
import Testing

/// Programs to compare distributions with, and how often they are run for that.
extension TaskMix {
  static let runs: UInt64 = 4_000

  /// Tasks of different length, one of which others make in the middle of their steps.
  static let family = TaskMix(
    tasks: [[11, 5, 5], [12, 5], [5]], births: [(parent: 0, step: 0, child: 1)])

  /// Tasks of different length that are all there from the start.
  static let uneven = TaskMix(tasks: [[5, 11, 5], [5], [12, 5]])

  /// The orders of many runs, after one from which a strategy could learn.
  func learnedOrders(
    under strategy: any PureStrategy, on executor: UInt64? = nil
  ) -> [[Int]: Int] {
    _ = order(under: strategy, seed: 1_000_000)
    return orders(under: strategy, runs: Self.runs, on: executor)
  }
}

extension TaskMix: CustomTestStringConvertible {
  var testDescription: String { "\(tasks)" }
}
