/// The name of a task within a run: its place in the tree of task creation.
///
/// The root task is `0`; the third task that it makes is `0.2`; the first that
/// this one makes is `0.2.0`. Paths never depend on addresses or on the order in
/// which tasks of different parents were made, so the same program names its
/// tasks alike in every interleaving and in every process.
public struct TaskPath: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The ordinals from the root down.
  public let ordinals: [UInt32]

  /// Makes a path from its ordinals.
  ///
  /// - Parameter ordinals: The place among its siblings of each ancestor, root
  ///   first, and of the task itself.
  public init(ordinals: [UInt32]) {
    self.ordinals = ordinals
  }

  /// Reads a path as ``description`` writes it.
  ///
  /// - Parameter text: Ordinals joined by dots, for example `0.2.1`.
  public init?(_ text: some StringProtocol) {
    var ordinals: [UInt32] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      guard let ordinal = UInt32(part) else { return nil }
      ordinals.append(ordinal)
    }
    guard !ordinals.isEmpty else { return nil }
    self.ordinals = ordinals
  }

  public var description: String {
    ordinals.map(String.init).joined(separator: ".")
  }

  public static func < (lhs: TaskPath, rhs: TaskPath) -> Bool {
    lhs.ordinals.lexicographicallyPrecedes(rhs.ordinals)
  }
}

/// Mixes a word into a running hash; the same in every process.
///
/// The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast splittable
/// pseudorandom number generators", OOPSLA 2014).
@inline(__always)
package func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
  var z = (hash ^ word) &+ 0x9E37_79B9_7F4A_7C15
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}

/// Mixes a word into a running hash for less than ``mix(_:_:)``, where the hash only tells things
/// apart: the halves of a product, which depend on all of both factors.
@inline(__always)
package func fold(_ hash: UInt64, _ word: UInt64) -> UInt64 {
  let product = (hash ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(
    by: word ^ 0xBF58_476D_1CE4_E5B9)
  return product.high ^ product.low
}
