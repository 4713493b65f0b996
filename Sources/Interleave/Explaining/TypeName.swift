/// Names of types as people write them.
enum TypeName {
  /// Leaves out the module and what the compiler adds to names of private and
  /// local types.
  ///
  /// - Parameter qualified: A name such as `App.(unknown context at $7f…).Bank`.
  /// - Returns: A name such as `Bank`.
  static func short(_ qualified: String) -> String {
    var result = ""
    var depth = 0
    var part = ""
    var previous: Character = " "
    for character in qualified {
      defer { previous = character }
      switch character {
      case "(": depth += 1
      case ")":
        depth = max(0, depth - 1)
        if previous == "(" { part += "()" }
      case _ where depth > 0: continue
      case ".":
        part = ""
      case _ where character.isLetter || character.isNumber || character == "_":
        part.append(character)
      default:
        result += part
        part = ""
        result.append(character)
      }
    }
    return result + part
  }

  /// It is a type of the program under test, and not of the toolchain or of Interleave.
  ///
  /// - Parameter qualified: Its name with its module.
  static func isPrograms(_ qualified: String) -> Bool {
    let module = qualified.prefix { $0 != "." }
    return !others.contains(String(module)) && !module.isEmpty
  }

  /// Modules whose objects tell nothing of the program.
  private static let others: Set<String> = [
    "Swift", "_Concurrency", "_StringProcessing", "Foundation", "FoundationEssentials",
    "FoundationNetworking", "FoundationInternationalization", "Dispatch", "Synchronization",
    "Observation", "Testing", "XCTest", "Runtime", "RegexBuilder", "Interleave",
    "InterleaveEngine", "__C",
  ]
}
