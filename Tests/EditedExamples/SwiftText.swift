/// The text of a Swift file, as far as mechanical edits need to understand it.
struct SwiftText {
  var text: String

  /// The lines, without their newlines.
  var lines: [String] {
    get { text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    set { text = newValue.joined(separator: "\n") }
  }

  /// The text with an identifier replaced wherever it is code: not in texts, but in what is
  /// interpolated there.
  func renaming(_ name: String, to newName: String) -> SwiftText {
    var result = ""
    var word = ""
    var isInText = false
    var depths: [Int] = []
    var previous: Character = " "
    func isPart(_ character: Character) -> Bool {
      character.isLetter || character.isNumber || character == "_"
    }
    for character in text + "\n" {
      if isPart(character), !isInText {
        word.append(character)
      } else {
        result += word == name ? newName : word
        word = ""
        result.append(character)
        switch character {
        case "\"" where previous != "\\": isInText.toggle()
        case "(" where isInText && previous == "\\":
          isInText = false
          depths.append(0)
        case "(" where !isInText && !depths.isEmpty: depths[depths.count - 1] += 1
        case ")" where !isInText && depths.last == 0:
          depths.removeLast()
          isInText = true
        case ")" where !isInText && !depths.isEmpty: depths[depths.count - 1] -= 1
        default: break
        }
      }
      previous = character
    }
    return SwiftText(text: String(result.dropLast()))
  }

  /// The declarations of the file, each with the comment above it.
  var declarations: [String] {
    var result: [String] = []
    var current: [String] = []
    for line in lines {
      if current.isEmpty, line.isEmpty { continue }
      current.append(line)
      if line == "}" || (line.hasSuffix("}") && !line.hasPrefix(" ") && !line.hasPrefix("/")) {
        result.append(current.joined(separator: "\n"))
        current = []
      }
    }
    return result
  }

  /// The file as one that can stand beside others with the same names: what is public becomes
  /// private, and mended twins go away.
  var asVariant: SwiftText {
    let kept = declarations.filter { !$0.contains(" Mended") || $0.contains("enum ") }
    let text = kept.map { declaration in
      var isMended = false
      let lines = declaration.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { line in
          if line.contains("func mended(") { isMended = true }
          defer { if line == "  }" { isMended = false } }
          return !isMended
        }
        .map { line in
          let plain = line.replacing("public ", with: "")
          let isTop = ["actor ", "struct ", "enum ", "func "].contains { plain.hasPrefix($0) }
          return isTop ? "private " + plain : plain
        }
      return lines.joined(separator: "\n")
    }
    return SwiftText(text: text.joined(separator: "\n\n") + "\n")
  }
}
