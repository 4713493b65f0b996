/// A program of an example after one mechanical edit.
struct Edit {
  /// What kinds of edits there are, by the words of the table.
  enum Kind: String, CaseIterable {
    case none = "unchanged"
    case rename = "a rename"
    case await = "an added await"
    case operation = "an added operation"
    case move = "moved lines"
    case split = "a split method"
  }

  var kind: Kind
  /// What was edited, in a few words.
  var title: String
  /// The whole file, with the example's body at its end.
  var text: String

  /// All edits of an example, the unchanged program first.
  static func all(of example: ExampleSource, source: String) throws -> [Edit] {
    let editor = Editor(example: example, source: SwiftText(text: source).asVariant)
    return try [editor.edit(.none, "nothing") { $0 }]
      + editor.renames() + editor.awaits() + editor.operations() + editor.moves()
      + editor.splits()
  }
}

/// A file does not look as the edits of it expect.
struct EditError: Error, CustomStringConvertible {
  var description: String
}

/// Makes the edits of one example.
private struct Editor {
  let example: ExampleSource
  let source: SwiftText

  /// The call that runs the example, as a member of a list of programs.
  private var entry: String {
    """

    extension Programs {
      static let PROGRAM_NAME = Program {
          \(example.body)
      }
    }

    private actor Doorman {
      func letIn() {}
    }

    """
  }

  func edit(
    _ kind: Edit.Kind, _ title: String, file: String? = nil,
    _ change: (SwiftText) throws -> SwiftText
  ) rethrows -> Edit {
    let changed = try change(SwiftText(text: source.text + entry))
    let place = "#sourceLocation(file: \"\(file ?? example.file)\", line: 1)\n"
    return Edit(kind: kind, title: title, text: "import Interleave\n\n" + place + changed.text)
  }

  func renames() throws -> [Edit] {
    let simple = example.identifiers.map { name in
      let isType = name.first?.isUppercase == true
      let newName =
        isType ? "New\(name)" : "my" + name.prefix(1).uppercased() + name.dropFirst()
      return edit(.rename, "`\(name)` is `\(newName)`") { $0.renaming(name, to: newName) }
    }
    let others = try example.renames.map { pairs in
      try edit(.rename, "`\(pairs[0].old)` is `\(pairs[0].new)`") { text in
        try pairs.reduce(text) { try $0.replacing($1.old, with: $1.new) }
      }
    }
    let everything = edit(.rename, "all names at once") { text in
      example.identifiers.reduce(text) { text, name in
        text.renaming(name, to: name.first?.isUppercase == true ? "New\(name)" : "\(name)2")
      }
    }
    return simple + others + [everything]
  }

  /// The lines of the example that await something, but for the one whose value is a function's
  /// only because it is its only line.
  private var awaiting: [Int] {
    source.lines.indices.filter { index in
      let line = source.lines[index].drop { $0 == " " }
      return !line.hasPrefix("//") && line.contains("await ")
        && !line.hasPrefix("try await withThrowingTaskGroup")
    }
  }

  func awaits() -> [Edit] {
    awaiting.flatMap { index in
      let line = source.lines[index]
      let space = String(line.prefix { $0 == " " })
      let code = line.dropFirst(space.count)
      func inserting(_ statement: String, at place: Int, _ title: String) -> Edit {
        edit(.await, "\(title) `\(code)`") { text in
          var text = text
          text.lines.insert(space + statement, at: place)
          return text
        }
      }
      var edits = [
        inserting("await Task.yield()", at: index, "a yield before"),
        inserting("await Doorman().letIn()", at: index, "a hop before"),
      ]
      if !code.hasPrefix("return"), !code.hasSuffix("{") {
        edits.append(inserting("await Task.yield()", at: index + 1, "a yield after"))
      }
      return edits
    }
  }

  func operations() throws -> [Edit] {
    let lines = source.lines
    guard let start = lines.firstIndex(where: { $0.contains("func racy(") }),
      let race = lines[start...].firstIndex(where: {
        $0.contains("async let") || $0.contains("withTaskGroup") || $0.contains("try? await")
      })
    else { throw EditError(description: "\(example.file) has no race in `racy`") }
    let end = lines[race...].firstIndex { !$0.contains("async let") } ?? race
    func inserting(_ statement: String, at place: Int, _ title: String) -> Edit {
      edit(.operation, "\(title): `\(statement)`") { text in
        var text = text
        text.lines.insert("    " + statement, at: place)
        return text
      }
    }
    return [
      inserting(example.operation, at: race, "before the race"),
      inserting(example.concurrentOperation, at: race, "beside the race, before its tasks"),
      inserting(example.concurrentOperation, at: end, "beside the race, after its tasks"),
      inserting("async let _: Void = Doorman().letIn()", at: race, "beside the race"),
      inserting("await Task { await Doorman().letIn() }.value", at: race, "before the race"),
      inserting("Task { await Doorman().letIn() }", at: race, "beside the race"),
    ]
  }

  func moves() -> [Edit] {
    [
      edit(.move, "40 lines further down") { text in
        SwiftText(text: String(repeating: "// A line.\n", count: 40) + text.text)
      },
      edit(.move, "in another file", file: "Other.swift") { $0 },
      edit(.move, "in the reverse order") { text in
        SwiftText(text: text.declarations.reversed().joined(separator: "\n\n") + "\n")
      },
      edit(.move, "a blank line after each line") { text in
        SwiftText(text: text.lines.joined(separator: "\n\n"))
      },
    ]
  }

  func splits() throws -> [Edit] {
    try example.splits.map { split in
      try edit(.split, "`\(split.call.drop { $0 == " " }.dropLast())`") { text in
        let called = try text.replacing(split.stretch, with: split.call)
        // The new method follows the one that it was split from.
        guard let place = called.text.firstRange(of: split.call),
          let end = called.text[place.lowerBound...].firstRange(of: "\n  }\n")
        else { throw EditError(description: "no method ends after `\(split.call)`") }
        var edited = called
        edited.text.insert(contentsOf: "\n\(split.method)\n", at: end.upperBound)
        return edited
      }
    }
  }
}

extension SwiftText {
  /// The text with the first occurrence of a stretch replaced, which must be there.
  fileprivate func replacing(_ old: String, with new: String) throws -> SwiftText {
    guard text.contains(old) else {
      throw EditError(description: "there is no `\(old)` to be edited")
    }
    return SwiftText(text: text.replacing(old, with: new, maxReplacements: 1))
  }
}
