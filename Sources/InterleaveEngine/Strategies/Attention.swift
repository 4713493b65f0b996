/// Which runs are worth a look: all as long as they show something new, and fewer while they do not.
///
/// What can be learned from runs is mostly learned from the first of them. Which ones are looked at
/// depends on what runs have shown alone, so that a campaign can be repeated.
struct Attention {
  /// So many looks in a row that show nothing new are enough.
  private static let patience = 8

  /// How many runs are looked at one after the other, as long as they show something new.
  private let first: Int
  /// Afterwards, one of so many is looked at, and where nothing is new, one of so many at last.
  private let period: Int
  private let longest: Int
  private var current = 1
  private var looks = 0
  private var quietLooks = 0
  /// How many runs have gone by since the last look.
  private var passed = 0

  init(first: Int, period: Int, longest: Int) {
    (self.first, self.period, self.longest) = (first, period, longest)
  }

  /// Tells whether the next run is to be looked at.
  mutating func isDue() -> Bool {
    passed += 1
    guard passed >= current else { return false }
    passed = 0
    return true
  }

  /// Takes account of a look.
  ///
  /// - Parameter isNew: It has shown something new.
  mutating func note(isNew: Bool) {
    looks += 1
    quietLooks = isNew ? 0 : quietLooks + 1
    if isNew {
      current = looks < first ? 1 : period
    } else if quietLooks.isMultiple(of: Self.patience) {
      current = min(longest, max(period, 2 * current))
    } else if looks >= first {
      current = max(period, current)
    }
  }
}
