import InterleaveEngine

/// Which characters text is made of.
public enum Repertoire: Sendable, Hashable, CaseIterable {
  /// The printable characters of ASCII.
  case ascii
  /// All of Unicode: half ASCII, a quarter what code trips over (combining marks, joined emoji,
  /// what changes its length when its case changes, what cannot be seen), a quarter anything.
  case unicode
}

extension Generator {
  /// Characters; they shrink towards `a`.
  ///
  /// - Parameter repertoire: Which characters there may be.
  public static func character(from repertoire: Repertoire = .unicode) -> Generator<Character> {
    Generator<Character> { draw in
      let table = CharacterTable.shared
      let range = 0...Int128(table.count(in: repertoire) - 1)
      let index = draw.integer(in: range, simplest: 0) { random in
        Int128(table.index(in: repertoire, &random))
      }
      return table[Int(index)]
    }
  }

  /// Strings; they shrink to fewer characters, and towards `a`.
  ///
  /// - Parameters:
  ///   - count: How many characters are drawn. With combining ones, fewer may result.
  ///   - repertoire: Which characters there may be.
  public static func string(
    count: ClosedRange<Int> = 0...16, from repertoire: Repertoire = .unicode
  ) -> Generator<String> {
    .array(of: .character(from: repertoire), count: count).map { String($0) }
  }
}

/// All characters that are drawn, simplest first.
private struct CharacterTable {
  static let shared = CharacterTable()

  private let ascii: [Character]
  private let traps: [Character]
  /// Without the surrogates, which are no characters.
  private let scalars = 0x110000 - 0x800

  private init() {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "
    let printable = (0x20...0x7E).map { Character(Unicode.Scalar(UInt8($0))) }
    ascii = Array(letters) + printable.filter { !letters.contains($0) }
    let sequences = [
      "\n", "\t", "\r\n", "\0", "é", "e\u{301}", "\u{301}", "ß", "İ", "ı", "ǆ", "ﬁ", "Å",
      "\u{212B}", "각", "\u{1100}\u{1161}\u{11A8}", "中", "א", "\u{200F}", "\u{202E}", "\u{200B}",
      "\u{200D}", "\u{FEFF}", "\u{FFFD}", "\u{FFFF}", "\u{10FFFF}", "\u{7F}", "\u{85}", "\u{A0}",
      "\u{2028}", "😀", "👍🏽", "👨‍👩‍👧‍👦", "🇩🇪", "🇩", "❤️", "𝒳", "क्षि", "ﷺ",
    ]
    traps = sequences.flatMap { Array($0) }
  }

  func count(in repertoire: Repertoire) -> Int {
    switch repertoire {
    case .ascii: ascii.count
    case .unicode: ascii.count + traps.count + scalars
    }
  }

  func index(in repertoire: Repertoire, _ random: inout SplitMix64) -> Int {
    if repertoire == .ascii || random.chance(1, in: 2) { return random.below(ascii.count) }
    if random.chance(1, in: 2) { return ascii.count + random.below(traps.count) }
    let scalar = Int(random.magnitude(upTo: Int128(scalars - 1)))
    return ascii.count + traps.count + scalar
  }

  subscript(index: Int) -> Character {
    if index < ascii.count { return ascii[index] }
    if index < ascii.count + traps.count { return traps[index - ascii.count] }
    let value = UInt32(index - ascii.count - traps.count)
    guard let scalar = Unicode.Scalar(value < 0xD800 ? value : value + 0x800) else {
      preconditionFailure("\(value) is not the number of a scalar")
    }
    return Character(scalar)
  }
}
