/// A set of small numbers that tells its members by their ranks.
///
/// One bit for each number, and a Fenwick tree of how many members each word of bits has: a change
/// costs the logarithm of the largest number that was ever a member, and so does a question.
struct RankedSet {
  private static let width = UInt64.bitWidth

  private let words = Column<UInt64>()
  /// At place p, how many members the words below p have, as far back as the lowest set bit of p
  /// tells; nothing is at place 0.
  private let sums = Column<Int32>()

  func deallocate() {
    words.deallocate()
    sums.deallocate()
  }

  func removeAll() {
    words.removeAll()
    sums.removeAll()
  }

  /// Adds a number that is not a member.
  func insert(_ number: Int) {
    let word = number / Self.width
    while words.count <= word { extend() }
    let bit: UInt64 = 1 << UInt64(number % Self.width)
    precondition(words[word] & bit == 0, "only what is no member becomes one")
    words[word] |= bit
    add(1, toWord: word)
  }

  /// Takes a member away.
  func remove(_ number: Int) {
    let word = number / Self.width
    let bit: UInt64 = 1 << UInt64(number % Self.width)
    precondition(words[word] & bit != 0, "only a member is taken away")
    words[word] &= ~bit
    add(-1, toWord: word)
  }

  /// How many members are less than a number.
  func count(below number: Int) -> Int {
    let word = number / Self.width
    var place = min(word, words.count)
    var count = 0
    while place > 0 {
      count += Int(sums[place])
      place &= place - 1
    }
    guard word < words.count else { return count }
    let lower = (1 as UInt64) << UInt64(number % Self.width) - 1
    return count + (words[word] & lower).nonzeroBitCount
  }

  /// The member than which so many are less.
  func member(at rank: Int) -> Int {
    var left = Int32(rank)
    var word = 0
    var stride = words.isEmpty ? 0 : 1 << (Int.bitWidth - 1 - words.count.leadingZeroBitCount)
    while stride > 0 {
      let next = word + stride
      if next <= words.count, sums[next] <= left {
        word = next
        left -= sums[next]
      }
      stride /= 2
    }
    var bits = words[word]
    for _ in 0..<left { bits &= bits - 1 }
    precondition(bits != 0, "there is a member of rank \(rank)")
    return word * Self.width + bits.trailingZeroBitCount
  }

  /// Calls a function with each member, the least first.
  func forEach(_ body: (Int) -> Void) {
    for word in 0..<words.count {
      var bits = words[word]
      while bits != 0 {
        body(word * Self.width + bits.trailingZeroBitCount)
        bits &= bits - 1
      }
    }
  }

  /// Adds a word without members.
  private func extend() {
    if sums.isEmpty { sums.append(0) }
    words.append(0)
    let place = words.count
    let end = place & (place - 1)
    var sum: Int32 = 0
    var part = place - 1
    while part > end {
      sum += sums[part]
      part &= part - 1
    }
    sums.append(sum)
  }

  private func add(_ change: Int32, toWord word: Int) {
    var place = word + 1
    while place <= words.count {
      sums[place] += change
      place += place & -place
    }
  }
}
