/// What the binary says of one address: functions that were inlined there first,
/// the function whose code it is last.
struct AddressFrames: Equatable {
  struct Frame: Equatable {
    var symbol: String
    var name: String
    var file: String
    var line: Int

    /// It is a function of the standard library.
    ///
    /// Its symbol begins with that module, or with a type that is known by a
    /// letter. Such names are left out: they tell a user nothing, and one that has
    /// no line is not always found.
    var isRuntimes: Bool { symbol.hasPrefix("$ss") || symbol.hasPrefix("$sS") }

    /// It is of a test double or a checkpoint: what matters is who called it.
    var isDoubles: Bool {
      ["Doubles", "Ordering"].contains { file.contains("/Sources/Interleave/\($0)/") }
    }

    var isUsers: Bool { line > 0 && !file.hasSuffix("<compiler-generated>") && !isDoubles }
  }

  var frames: [Frame] = []

  /// The symbol of the function whose code it is.
  var function: String { frames.last?.symbol ?? "" }
  var userFrame: Frame? { frames.first(where: \.isUsers) }

  /// The user's code may begin further on in the function.
  ///
  /// Not in one that only passes arguments on, unless the optimizer has put into it
  /// what it calls.
  var mayHaveUserFrame: Bool {
    guard frames.contains(where: { !$0.file.isEmpty }) else { return false }
    #if DEBUG
      let name = frames.last?.name ?? ""
      return !["partial apply for ", "thunk for ", "protocol witness for "]
        .contains(where: name.hasPrefix)
    #else
      return true
    #endif
  }

  var place: CodePlace {
    guard let frame = userFrame else {
      let last = frames.last.flatMap { $0.isRuntimes || $0.isDoubles ? nil : $0 }
      return CodePlace(function: last.map { FunctionName.readable($0.name) } ?? "")
    }
    return CodePlace(
      function: FunctionName.readable(frame.name),
      place: Interleaving.Place(file: frame.file, line: frame.line))
  }
}
