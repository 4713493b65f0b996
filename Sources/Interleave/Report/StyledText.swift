/// How a piece of a report looks on a terminal that has colours.
package enum TextStyle: Sendable, Hashable {
  case plain, bold, dim, failure, warning, success, change

  fileprivate var code: String {
    switch self {
    case .plain: ""
    case .bold: "1"
    case .dim: "2"
    case .failure: "1;31"
    case .warning: "33"
    case .success: "32"
    case .change: "36"
    }
  }
}

/// One line of a report, or one cell of a table, in pieces of different styles.
package struct StyledText: Sendable, Hashable, ExpressibleByStringInterpolation {
  private struct Piece: Sendable, Hashable {
    var text: String
    var style: TextStyle
  }

  private var pieces: [Piece] = []

  package init() {}

  package init(stringLiteral text: String) {
    self.init(text)
  }

  package init(_ text: String, _ style: TextStyle = .plain) {
    if !text.isEmpty { pieces = [Piece(text: text, style: style)] }
  }

  package static func + (left: Self, right: Self) -> Self {
    var sum = left
    sum.pieces += right.pieces
    return sum
  }

  package static func += (left: inout Self, right: Self) {
    left.pieces += right.pieces
  }

  /// The text without any style.
  package var plain: String { pieces.map(\.text).joined() }

  /// How many columns it takes on a terminal.
  package var width: Int { pieces.reduce(0) { $0 + $1.text.columns } }

  /// It is filled up with spaces to a number of columns, or cut off there.
  func fitted(to columns: Int, _ glyphs: ReportGlyphs = .pretty) -> Self {
    let cut = truncated(to: columns, glyphs)
    return cut + StyledText(String(repeating: " ", count: columns - cut.width))
  }

  /// It is cut off, with an ellipsis, if it takes more columns than given.
  func truncated(to columns: Int, _ glyphs: ReportGlyphs = .pretty) -> Self {
    guard width > columns else { return self }
    let ellipsis = String(glyphs.ellipsis.prefix(max(0, columns)))
    var result = StyledText()
    var left = columns - ellipsis.columns
    for piece in pieces {
      var text = ""
      for character in piece.text {
        guard character.columns <= left else {
          result.pieces.append(Piece(text: text + ellipsis, style: piece.style))
          return result
        }
        left -= character.columns
        text.append(character)
      }
      result.pieces.append(Piece(text: text, style: piece.style))
    }
    return result
  }

  /// The characters to print, without spaces at the end.
  package func rendered(colour: Bool) -> String {
    var trimmed = pieces
    while let last = trimmed.last {
      let text = last.text.trimmingSpacesAtEnd
      guard text.isEmpty else {
        trimmed[trimmed.count - 1].text = text
        break
      }
      trimmed.removeLast()
    }
    guard colour else { return trimmed.map(\.text).joined() }
    return trimmed.map { piece in
      piece.style == .plain ? piece.text : "\u{1B}[\(piece.style.code)m\(piece.text)\u{1B}[0m"
    }.joined()
  }
}

extension Character {
  /// How many columns a terminal gives the character: two for East Asian wide
  /// characters and emoji, else one.
  package var columns: Int {
    guard let scalar = unicodeScalars.first else { return 0 }
    let wide: [ClosedRange<UInt32>] = [
      0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }
}

extension String {
  /// How many columns a terminal gives the text.
  package var columns: Int { reduce(0) { $0 + $1.columns } }

  fileprivate var trimmingSpacesAtEnd: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  /// The text in lines of at most so many columns, broken at spaces.
  ///
  /// A word that is longer than a line stays whole: a path or a command that is
  /// broken cannot be copied. No-break spaces become spaces.
  package func wrapped(to columns: Int) -> [String] {
    brokenLines(columns).map { String($0.map { $0 == "\u{A0}" ? " " : $0 }) }
  }

  private func brokenLines(_ columns: Int) -> [String] {
    split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph in
      guard String(paragraph).columns > columns else { return [String(paragraph)] }
      let indent = String(paragraph.prefix { $0 == " " })
      var lines: [String] = []
      var line = indent
      for word in paragraph.split(separator: " ") {
        if line == indent {
          line += word
        } else if line.columns + 1 + String(word).columns <= columns {
          line += " " + word
        } else {
          lines.append(line)
          line = indent + word
        }
      }
      return lines + [line]
    }
  }
}
