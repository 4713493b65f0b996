/// The arguments of one command, of which each is taken once.
struct Arguments {
  private let command: String
  private var rest: [String]

  init(_ arguments: some Sequence<String>, of command: String) {
    self.command = command
    rest = Array(arguments)
  }

  /// Takes an option without a value.
  mutating func flag(_ name: String) -> Bool {
    guard let index = rest.firstIndex(of: name) else { return false }
    rest.remove(at: index)
    return true
  }

  /// Takes an option with its value.
  mutating func value(_ name: String, _ what: String) throws(UsageError) -> String? {
    guard let index = rest.firstIndex(of: name) else { return nil }
    guard index + 1 < rest.count else { throw UsageError("`\(name)` needs \(what)") }
    defer { rest.removeSubrange(index...index + 1) }
    return rest[index + 1]
  }

  /// Takes an option whose value is a number.
  mutating func number<Number: FixedWidthInteger>(
    _ name: String, as type: Number.Type
  ) throws(UsageError) -> Number? {
    guard let text = try value(name, "a number") else { return nil }
    let least: Number = Number.isSigned ? 1 : 0
    guard let number = Number(text), number >= least else {
      throw UsageError(
        "`\(name)` must be a number from \(least) to \(Number.max) (was `\(text)`)")
    }
    return number
  }

  /// Takes what says which entry is meant.
  mutating func entry() throws(UsageError) -> String {
    try positional("an entry: the path of its file, or a part of its name")
  }

  /// Takes what is no option.
  mutating func positional(_ what: String) throws(UsageError) -> String {
    guard let index = rest.firstIndex(where: { !$0.hasPrefix("-") }) else {
      throw UsageError("`\(command)` needs \(what)")
    }
    return rest.remove(at: index)
  }

  /// Takes all that is no option, of which there must be some.
  mutating func positionals(_ what: String) throws(UsageError) -> [String] {
    var all = [try positional(what)]
    while rest.contains(where: { !$0.hasPrefix("-") }) { all.append(try positional(what)) }
    return all
  }

  /// Refuses what nobody has taken.
  func end() throws(UsageError) {
    if let argument = rest.first {
      throw UsageError("`\(argument)` means nothing to `\(command)`")
    }
  }
}
