/// What was run around a failure of the corpus that does not come up any more.
///
/// That one schedule passes does not say that its bug is gone: a change may have moved it to a
/// schedule nearby. So the races of the old failure's interleaving, as it runs now, are turned
/// round one by one, and those of the interleavings that come up so, too. Each of them passed.
public struct FixCertificate: Sendable, Hashable {
  /// The corpus file whose failure does not come up any more.
  public var corpusFile: String
  /// How many reversals of races away from the old failure every schedule passes.
  public var reversals: Int
  /// How many schedules that are, in different interleavings, the old failure's included.
  public var schedules: Int
  /// How many reversals away schedules were being tried when the budget ended; nil if it did
  /// not.
  public var unfinished: Int?
  /// Why there may be more schedules as near, of which nothing is known; nil if all were found.
  public var obstacle: String?

  /// Makes one of its parts.
  public init(
    corpusFile: String, reversals: Int, schedules: Int, unfinished: Int? = nil,
    obstacle: String? = nil
  ) {
    self.corpusFile = corpusFile
    self.reversals = reversals
    self.schedules = schedules
    self.unfinished = unfinished
    self.obstacle = obstacle
  }
}
