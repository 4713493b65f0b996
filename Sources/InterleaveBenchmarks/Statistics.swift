import Foundation

/// Figures of one kind, sorted.
struct Sample {
  private let values: [Double]

  /// - Parameter values: At least one.
  init(_ values: [Double]) {
    precondition(!values.isEmpty, "a sample needs at least one value")
    self.values = values.sorted()
  }

  var median: Double { values[values.count / 2] }
  var mean: Double { values.reduce(0, +) / Double(values.count) }
  var least: Double { values[0] }
  var most: Double { values[values.count - 1] }
}

/// The time that something takes, in seconds.
func seconds(_ work: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  return try clock.measure(work) / .seconds(1)
}

/// What the process has used of its processors, in seconds; unlike a clock, it does not count what
/// other processes use.
func processorTime() -> Double {
  Double(clock()) / Double(CLOCKS_PER_SEC)
}
