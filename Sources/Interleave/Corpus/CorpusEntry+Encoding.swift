import InterleaveEngine

/// How much a corpus file may hold, so that no file can exhaust memory or the stack.
package struct CorpusLimits: Sendable, Hashable {
  /// The size of a file, in bytes.
  package var bytes: Int
  /// How deep arrays and objects may be nested.
  package var depth: Int
  /// How many JSON values a file may hold.
  package var values: Int
  /// How many deviations an entry may hold.
  package var deviations: Int

  package init(
    bytes: Int = 16 << 20, depth: Int = 16, values: Int = 400_000, deviations: Int = 20_000
  ) {
    self.bytes = bytes
    self.depth = depth
    self.values = values
    self.deviations = deviations
  }
}

extension CorpusEntry {
  /// The text that marks a file as ours.
  static let marker = "corpus entry"

  /// The entry as the text of its file: JSON with keys in a fixed order, ending with a newline.
  ///
  /// A deviation takes four lines, every other item of a list one, so that a diff shows what
  /// changed and nothing else.
  package func json() -> String {
    var fields = [
      ("interleave", quoted(Self.marker)),
      ("version", String(version)),
      ("test", "{ \"suite\": \(quoted(test.suite)), \"name\": \(quoted(test.name)) }"),
      ("kind", quoted(signature.kind.rawValue)),
      ("place", quoted(signature.place)),
      ("message", quoted(message)),
    ]
    if let location {
      let text = "{ \"file\": \(quoted(location.file)), \"line\": \(location.line) }"
      fields.append(("location", text))
    }
    fields.append(("seed", String(seed)))
    fields.append(("inputs", list(inputs.map(quoted))))
    fields.append(("operations", list(operations.map(quoted))))
    if !choices.isEmpty {
      fields.append(("choices", list(choices.map(Self.row))))
    }
    fields.append(("deviations", list(deviations.map(Self.object))))
    if let cancellation {
      fields.append(
        (
          "cancellation",
          """
          { "task": \(quoted(cancellation.task.description)), "step": \(cancellation.index),
              "after": \(Self.object(cancellation.after))
            }
          """
        ))
    }
    if let poolWidth { fields.append(("poolWidth", String(poolWidth))) }
    if let randomSeed { fields.append(("randomSeed", String(randomSeed))) }
    fields.append(("interleaving", list(words.map(quoted))))
    return "{\n" + fields.map { "  \(quoted($0)): \($1)" }.joined(separator: ",\n") + "\n}\n"
  }

  /// A stream of draws, sixteen to a line.
  private static func row(_ stream: [UInt64]) -> String {
    let lines = stride(from: 0, to: stream.count, by: 16).map { start -> String in
      let line = stream[start..<min(start + 16, stream.count)]
      return line.map { "\($0)" }.joined(separator: ", ")
    }
    return "[" + lines.joined(separator: ",\n     ") + "]"
  }

  private static func object(_ deviation: Interleaving.Deviation) -> String {
    """
    { "step": \(deviation.index),
          "picked": \(object(deviation.picked)),
          "passedOver": \(object(deviation.passedOver))
        }
    """
  }

  private static func object(_ step: Interleaving.StepName) -> String {
    "{ \"task\": \(quoted(step.task.description)), \"ordinal\": \(step.ordinal), "
      + "\"function\": \(quoted(step.function)), \"occurrence\": \(step.occurrence), "
      + "\"executor\": \(quoted(step.executor))"
      + (step.inside.map { ", \"inside\": \(object($0))" } ?? "") + " }"
  }

  private static func object(_ point: InsidePoint) -> String {
    "{ \(quoted(point.isAfter ? "after" : "before")): \(quoted(point.operation.rawValue)), "
      + "\"occurrence\": \(point.occurrence) }"
  }
}

/// A list with a line for each item.
private func list(_ items: [String]) -> String {
  items.isEmpty ? "[]" : "[\n" + items.map { "    " + $0 }.joined(separator: ",\n") + "\n  ]"
}

/// A text as a JSON string.
///
/// Besides what JSON demands, characters are escaped that a reviewer could not see or that would
/// show a line other than it is: controls, line separators and marks of direction.
private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case "\0"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{61C}", "\u{200B}"..."\u{200F}",
      "\u{2028}"..."\u{202E}", "\u{2060}"..."\u{2069}", "\u{FEFF}":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
