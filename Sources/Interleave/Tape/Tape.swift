// Tape: a run's choices as one string of bytes, for engines that know nothing but such.

/// A string of bytes from which a run takes all its choices.
///
/// What is generated is read from the front, and on which terms the run is made and what it chooses
/// from the back, so that a byte put in or taken out on one side leaves the other as it was. A number
/// is taken modulo what is possible, and 0 is the simplest value and the baseline's choice; so are
/// all once nothing is left. So every string is a run.
final class Tape {
  private let bytes: [UInt8]
  private var front = 0
  private var back: Int
  /// What was asked for beyond the end.
  private var missing = TapeBorders()

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    back = bytes.count
  }

  var isAtEnd: Bool { front >= back }

  /// Lets what is generated be read once more.
  func rewindValues() { (front, missing.values) = (0, 0) }

  /// Lets what is chosen be read once more, from a position on.
  func rewindChoices(to position: Int) { (back, missing.choices) = (position, 0) }

  /// How many bytes were asked for, of what is generated and of what is chosen.
  var borders: TapeBorders {
    TapeBorders(
      values: front + missing.values, choices: bytes.count - back + missing.choices)
  }

  /// How much is left, of what is read from the back.
  var position: Int { back }

  /// Takes a number of so many bytes from the front, the lowest one first.
  func takeValue(_ width: Int) -> UInt64 {
    var number: UInt64 = 0
    for place in 0..<width {
      guard !isAtEnd else {
        missing.values += width - place
        break
      }
      number |= UInt64(bytes[front]) << UInt64(8 * place)
      front += 1
    }
    return number
  }

  /// Takes a number of so many bytes from the back, the lowest one first.
  func takeChoice(_ width: Int) -> UInt64 {
    var number: UInt64 = 0
    for place in 0..<width {
      guard !isAtEnd else {
        missing.choices += width - place
        break
      }
      back -= 1
      number |= UInt64(bytes[back]) << UInt64(8 * place)
    }
    return number
  }

  /// A length that stands for one that is told by two more bytes.
  fileprivate static let longLength = 15

  /// Takes a tape in this one, of what is generated: its length, and so many bytes or as many as are
  /// left.
  func takeTape() -> Tape {
    var count = Int(takeValue(1)) % (Self.longLength + 1)
    if count == Self.longLength { count = Int(takeValue(2)) }
    let end = min(front + count, back)
    defer { front = max(front, end) }
    return Tape(Array(bytes[min(front, end)..<end]))
  }

  /// Picks one of so many.
  func pick(below count: Int) -> Int {
    Int(takeChoice(Self.width(for: count)) % UInt64(count))
  }

  /// How many bytes it takes to pick one of so many.
  static func width(for count: Int) -> Int { count <= 1 << 8 ? 1 : count <= 1 << 16 ? 2 : 4 }
}

/// How many bytes of a tape were asked for.
struct TapeBorders: Equatable {
  /// From the front.
  var values = 0
  /// From the back.
  var choices = 0
}

/// Writes a tape.
struct TapeWriter {
  private var values: [UInt8] = []
  /// In the order in which they are read.
  private var choices: [UInt8] = []

  mutating func putChoice(_ number: UInt64, _ width: Int) {
    choices += Self.bytes(of: number, width)
  }

  mutating func putPick(_ pick: Int, below count: Int) {
    putChoice(UInt64(pick), Tape.width(for: count))
  }

  /// Writes what was drawn.
  mutating func put(_ recording: Recording?) {
    for choice in recording?.choices ?? [] { put(choice.value, of: choice.domain) }
  }

  /// Writes what was drawn as a tape in this one.
  mutating func putTape(_ recording: Recording) {
    var writer = TapeWriter()
    writer.put(recording)
    putLength(writer.values.count)
    values += writer.values
  }

  /// Writes what is generated as it was read.
  mutating func put(_ bytes: [UInt8]) { values += bytes }

  /// Writes a value.
  mutating func put(_ value: Choice, of domain: ChoiceDomain) {
    values += Self.bytes(of: domain.number(of: value), domain.width)
  }

  private mutating func putLength(_ length: Int) {
    let isLong = length >= Tape.longLength
    values.append(UInt8(isLong ? Tape.longLength : length))
    if isLong { values += Self.bytes(of: UInt64(length), 2) }
  }

  private static func bytes(of number: UInt64, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
  }

  /// The whole tape; what says nothing at its end is left out where nothing else could be read there.
  var bytes: [UInt8] {
    guard values.isEmpty else { return values + choices.reversed() }
    return Array(choices.reversed().drop { $0 == 0 })
  }
}

// MARK: What is drawn

extension ChoiceDomain {
  /// How many bytes it takes to tell one of its values.
  var width: Int {
    switch self {
    case .integer(let range, _):
      (UInt128.bitWidth - Self.span(range).leadingZeroBitCount + 7) / 8
    case .boolean(let forced): forced == nil ? 1 : 0
    case .double: 8
    }
  }

  private static func span(_ range: ClosedRange<Int128>) -> UInt128 {
    UInt128(range.upperBound - range.lowerBound)
  }

  /// The value that a number stands for; 0 is the simplest, and the next ones follow it.
  func value(of number: UInt64) -> Choice {
    switch self {
    case .integer(let range, let simplest):
      let offset = UInt128(simplest - range.lowerBound) + UInt128(number)
      return .integer(range.lowerBound + Int128(offset % (Self.span(range) + 1)))
    case .boolean(let forced): return .boolean(forced ?? (number & 1 == 1))
    case .double: return nearest(to: .double(bits: number ^ simplestBits))
    }
  }

  /// The number that stands for a value.
  func number(of choice: Choice) -> UInt64 {
    switch (self, choice) {
    case (.integer(let range, let simplest), .integer(let value)):
      let count = Int128(Self.span(range)) + 1
      return UInt64((value - simplest + count) % count)
    case (.boolean(nil), .boolean(let value)): return value ? 1 : 0
    case (.double, .double(let bits)): return bits ^ simplestBits
    default: return 0
    }
  }

  private var simplestBits: UInt64 {
    if case .double(let bits) = simplest { bits } else { 0 }
  }
}
