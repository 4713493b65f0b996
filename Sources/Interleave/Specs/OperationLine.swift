/// An operation of a generated program as a line of text: `lane 1: .withdraw(80)`.
struct OperationLine: Sendable, Hashable, CustomStringConvertible {
  /// The number of the lane, from 1; 0 for what runs before the lanes begin.
  var lane: Int
  /// The operation, as Swift source.
  var operation: String

  init(lane: Int, operation: String) {
    self.lane = lane
    self.operation = operation
  }

  /// Reads a line as ``description`` writes it.
  init?(_ line: String) {
    let parts = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    operation = String(parts[1])
    if parts[0] == "first" {
      lane = 0
    } else if parts[0].hasPrefix("lane "), let lane = Int(parts[0].dropFirst(5)), lane > 0 {
      self.lane = lane
    } else {
      return nil
    }
  }

  var description: String { (lane == 0 ? "first" : "lane \(lane)") + ": \(operation)" }
}
