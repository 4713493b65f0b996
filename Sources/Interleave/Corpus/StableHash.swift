import InterleaveEngine

/// A hash that is the same in every process, on every platform and in every version.
///
/// `Hasher` is seeded anew in every process, so nothing that is stored may depend on it. Each
/// text is hashed with its length first, so that `"ab", "c"` and `"a", "bc"` differ.
package struct StableHash {
  package private(set) var value: UInt64 = 0x636F_7270_7573_2F31

  package init() {}

  /// Adds a number.
  package mutating func combine(_ word: UInt64) {
    value = mix(value, word)
  }

  /// Adds a text, by its UTF-8.
  package mutating func combine(_ text: String) {
    combine(UInt64(text.utf8.count))
    var word: UInt64 = 0
    var filled: UInt64 = 0
    for byte in text.utf8 {
      word |= UInt64(byte) << (filled * 8)
      filled += 1
      if filled == 8 {
        combine(word)
        word = 0
        filled = 0
      }
    }
    if filled > 0 { combine(word) }
  }

  /// The hash as lowercase hexadecimal digits.
  ///
  /// - Parameter digits: How many of the 16 to give, from the most significant on.
  package func hexadecimal(digits: Int = 16) -> String {
    let text = String(value, radix: 16)
    return String((String(repeating: "0", count: 16 - text.count) + text).prefix(digits))
  }
}
