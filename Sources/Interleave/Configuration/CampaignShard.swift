/// One of several parts of a campaign, each of which is run by a process of its own, wherever.
///
/// The schedules are cut into shares that can be run one without the other (``ShareCut``); of these,
/// a shard has each one whose turn it is. What is left to one process alone, such as the search for a
/// proof, is the first shard's.
struct CampaignShard: Sendable, Hashable {
  /// The campaign is in one piece.
  static let whole = CampaignShard(number: 1, count: 1)

  /// Its number, from 1 on.
  var number: Int
  /// How many there are.
  var count: Int

  /// It has what cannot be cut.
  var isFirst: Bool { number == 1 }

  /// The number of a share of the campaign, by its place among those of this shard.
  ///
  /// Strategies learn from the first schedule of all. So a later shard makes that schedule before its
  /// own, in the place of its first share; it is none of those that it counts.
  func share(at place: Int) -> Int {
    if isFirst { return place * count }
    return place == 0 ? 0 : number - 1 + (place - 1) * count
  }

  /// How many shares it has, that of the first schedule included, where there are so many in all.
  func shares(of all: Int) -> Int {
    if isFirst { return max(1, (all - 1) / count + 1) }
    return all < number ? 1 : 2 + (all - number) / count
  }
}

extension CampaignShard {
  /// Reads a shard as a setting gives it: `3/16`.
  init?(setting text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let number = parts[0], let count = parts[1], number >= 1,
      number <= count
    else { return nil }
    self.init(number: number, count: count)
  }
}
