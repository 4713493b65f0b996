/// Where the corpus lies and what its folders are called.
package enum CorpusPath {
  /// The nearest folder at or above a source file that holds a Package.swift.
  ///
  /// - Parameters:
  ///   - sourceFile: An absolute path, as `#filePath` gives it.
  ///   - exists: Whether there is a file at a path.
  /// - Returns: nil where there is none, as when a test runs on a machine without its sources.
  package static func packageRoot(
    above sourceFile: String, exists: (String) -> Bool
  ) -> String? {
    guard sourceFile.hasPrefix("/") else { return nil }
    var folder = Substring(sourceFile)
    while let slash = folder.lastIndex(of: "/") {
      folder = folder[..<slash]
      if exists("\(folder)/Package.swift") { return folder.isEmpty ? "/" : String(folder) }
    }
    return nil
  }

  /// A path as seen from a folder; the path itself where it lies elsewhere.
  package static func relative(_ path: String, to folder: String?) -> String {
    guard let folder else { return path }
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }

  /// The name of a folder for the entries of a suite or a test.
  ///
  /// An ordinary name stays as it is, without an empty `()` at its end. Where anything had to be
  /// changed (a slash, a leading dot, a long or an empty name, a letter outside ASCII), a hash of
  /// the whole name follows, so that two names never become one. The same is done where a folder
  /// exists whose name differs only in the case of letters, since many file systems would take
  /// the two for one.
  ///
  /// - Parameters:
  ///   - name: Any text.
  ///   - siblings: The names of what lies beside the folder.
  package static func folderName(for name: String, beside siblings: [String]) -> String {
    let plain = name.hasSuffix("()") && name.utf8.count > 2 ? String(name.dropLast(2)) : name
    let safe = sanitized(plain)
    guard safe == plain, plain.utf8.allSatisfy({ $0 < 0x80 }), !endsWithHash(plain) else {
      return hashed(safe, name: plain)
    }
    if siblings.contains(plain) { return plain }
    let folded = plain.lowercased()
    return siblings.contains { $0.lowercased() == folded } ? hashed(plain, name: plain) : plain
  }

  private static let longest = 80
  private static let hashDigits = 12

  private static func hashed(_ safe: String, name: String) -> String {
    var hash = StableHash()
    hash.combine(name)
    return "\(safe)-\(hash.hexadecimal(digits: hashDigits))"
  }

  private static func endsWithHash(_ name: String) -> Bool {
    let end = name.utf8.suffix(hashDigits + 1)
    return end.count == hashDigits + 1 && end.first == UInt8(ascii: "-")
      && end.dropFirst().allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  /// A name with only what every file system allows in a folder's name.
  private static func sanitized(_ name: String) -> String {
    var result = ""
    for character in name {
      let isSafe = isAllowed(character) && (character != "." && character != "-" || result != "")
      let next = isSafe ? String(character) : "_"
      if result.utf8.count + next.utf8.count > longest { break }
      result += next
    }
    if result.hasSuffix(".") { result = result.dropLast() + "_" }
    return result.isEmpty ? "_" : result
  }

  private static func isAllowed(_ character: Character) -> Bool {
    if character.isASCII {
      return character.isLetter || character.isNumber || "_-.".contains(character)
    }
    return (character.isLetter || character.isNumber) && character.utf8.count <= 8
  }
}
