/// What the command line asks for.
package enum Command: Sendable, Hashable {
  case help
  /// Fuzz the bundled examples, with a seed.
  case demo(seed: UInt64)

  /// The seed of the demo where none is given, so that its output repeats.
  package static let defaultSeed: UInt64 = 1

  package static let usage = """
    usage: interleave demo [--seed <number>]

      demo            find, shrink and explain the races of the bundled examples,
                      and check that each one's mended twin has none
      --seed <number> explore other schedules (default: \(defaultSeed))
      --help          show this text
    """

  /// Reads the command line.
  ///
  /// - Parameter arguments: What follows the program's name.
  /// - Throws: ``UsageError`` naming the argument that makes no sense.
  package init(arguments: [String]) throws(UsageError) {
    var rest = arguments[...]
    guard let name = rest.popFirst(), !Self.helpWords.contains(name) else {
      self = .help
      return
    }
    guard name == "demo" else { throw UsageError("there is no command “\(name)”") }
    var seed = Self.defaultSeed
    while let argument = rest.popFirst() {
      if Self.helpWords.contains(argument) {
        self = .help
        return
      }
      guard argument == "--seed" else {
        throw UsageError("“\(argument)” means nothing to `demo`")
      }
      guard let text = rest.popFirst() else { throw UsageError("`--seed` needs a number") }
      guard let number = UInt64(text) else {
        throw UsageError("`--seed` must be a number from 0 to \(UInt64.max) (was “\(text)”)")
      }
      seed = number
    }
    self = .demo(seed: seed)
  }

  private static let helpWords = ["help", "--help", "-h"]
}

/// A command line that makes no sense.
package struct UsageError: Error, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
