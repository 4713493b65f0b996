/// What one strategy was used for.
public struct StrategyShare: Sendable, Hashable {
  /// The strategy's name, as configurations know it.
  public var name: String
  /// How many schedules it chose.
  public var schedules: Int
  /// How many of them were interleavings that no earlier run had.
  public var newInterleavings: Int

  public init(name: String, schedules: Int = 0, newInterleavings: Int = 0) {
    self.name = name
    self.schedules = schedules
    self.newInterleavings = newInterleavings
  }

  /// Counts a schedule.
  ///
  /// - Parameter isNew: No earlier run had its interleaving.
  package mutating func add(isNew: Bool) {
    schedules += 1
    if isNew { newInterleavings += 1 }
  }
}
