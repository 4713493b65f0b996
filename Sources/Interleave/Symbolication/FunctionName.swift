/// Makes the name of a function readable.
///
/// What the compiler adds for its own purposes goes away: the parts into which it
/// splits an async function, thunks, specialisations, the signatures of closures,
/// generic arguments.
package enum FunctionName {
  /// Words before a name that say how the compiler made the function.
  private static let prefixes = [
    "async function pointer to ", "partial apply forwarder for ", "partial apply for ",
    "function signature specialization of ", "generic specialization of ", "specialized ",
    "merged ", "implicit ", "dispatch thunk of ", "static ",
    "variable initialization expression of ",
  ]

  /// The name for people.
  ///
  /// - Parameter demangled: The name as a demangler writes it.
  /// - Returns: The name, empty where the function is the compiler's alone.
  package static func readable(_ demangled: String) -> String {
    var name = demangled[...]
    if name.hasPrefix("reabstraction thunk helper") || name.hasPrefix("$s") { return "" }
    if name.hasSuffix("(swift::AsyncContext*)") { return "" }
    // Of the runtime's own functions, this one is what a program calls by another name.
    if name.hasPrefix("swift::NullaryContinuationJob::process") { return "Task.yield()" }
    if name.hasPrefix("swift::") { return "" }
    stripPrefixes(&name)
    if let member = witnessed(name) { return readable(member) }
    let parts = split(name, at: " in ").map { part in
      var part = part
      stripPrefixes(&part)
      return part.hasPrefix("closure #") ? closure(part) : plain(part)
    }
    return parts.joined(separator: " in ")
  }

  private static func stripPrefixes(_ name: inout Substring) {
    var isDone = false
    while !isDone {
      isDone = true
      if let rest = afterResumeMark(name) {
        name = rest
        isDone = false
      }
      for prefix in prefixes where name.hasPrefix(prefix) {
        name = name.dropFirst(prefix.count)
        isDone = false
      }
    }
  }

  /// What follows `(1) suspend resume partial function for ` and its like.
  private static func afterResumeMark(_ name: Substring) -> Substring? {
    guard name.hasPrefix("("), let close = name.firstIndex(of: ")"),
      name[name.index(after: name.startIndex)..<close].allSatisfy(\.isNumber)
    else { return nil }
    let rest = name[name.index(after: close)...]
    for mark in [" suspend resume partial function for ", " await resume partial function for "]
    where rest.hasPrefix(mark) {
      return rest.dropFirst(mark.count)
    }
    return nil
  }

  /// `Store.get()` of `protocol witness for Reading.get() in conformance Store`.
  private static func witnessed(_ name: Substring) -> String? {
    let start = "protocol witness for "
    guard name.hasPrefix(start) else { return nil }
    let parts = split(name.dropFirst(start.count), at: " in conformance ")
    guard parts.count == 2 else { return nil }
    let requirement = plain(parts[0])
    let depth = requirement.prefix { $0 != "(" }.lastIndex(of: ".")
    let member = depth.map { requirement[requirement.index(after: $0)...] } ?? requirement[...]
    return "\(parts[1].prefix { $0 != " " && $0 != "<" }).\(member)"
  }

  /// `closure #1` of `closure #1 @Sendable () async -> ()`.
  private static func closure(_ part: Substring) -> String {
    let words = part.split(separator: " ", maxSplits: 2)
    return words.prefix(2).joined(separator: " ")
  }

  /// A name without generic arguments, and a property without `.getter`.
  private static func plain(_ part: Substring) -> String {
    var result = ""
    var depth = 0
    var previous: Character = " "
    for character in part {
      let opensAfterName = previous.isLetter || previous.isNumber || previous == "_" || depth > 0
      if character == "<", opensAfterName {
        depth += 1
      } else if character == ">", depth > 0, previous != "-" {
        depth -= 1
      } else if depth == 0 {
        result.append(character)
      }
      previous = character
    }
    if depth > 0 { result = String(part) }
    for suffix in [".getter", ".read", ".modify", ".setter"] where result.hasSuffix(suffix) {
      return String(result.dropLast(suffix.count))
    }
    return result
  }

  /// Splits at a separator that stands outside brackets.
  private static func split(_ name: Substring, at separator: String) -> [Substring] {
    var parts: [Substring] = []
    var start = name.startIndex
    var index = name.startIndex
    var depth = 0
    while index < name.endIndex {
      if depth == 0, name[index...].hasPrefix(separator) {
        parts.append(name[start..<index])
        index = name.index(index, offsetBy: separator.count)
        start = index
        continue
      }
      if name[index] == "(" { depth += 1 }
      if name[index] == ")" { depth -= 1 }
      index = name.index(after: index)
    }
    return parts + [name[start...]]
  }
}
