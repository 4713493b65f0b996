import InterleaveEngine

extension CorpusEntry {
  /// Reads an entry from the bytes of its file.
  ///
  /// All or nothing: an entry with an unknown key, a key twice or a value of the wrong type is
  /// an error, so that a replay never runs something that only looks like what was stored.
  ///
  /// - Parameters:
  ///   - bytes: The content of the file.
  ///   - file: The path of the file, for errors.
  ///   - limits: How much the file may hold.
  /// - Throws: What is wrong with the file, with the line.
  package init(
    json bytes: [UInt8], file: String, limits: CorpusLimits = CorpusLimits()
  ) throws(CorpusFileError) {
    guard bytes.count <= limits.bytes else {
      let what = "more than \(limits.bytes) bytes"
      throw CorpusFileError(file: file, reason: .tooLarge(what))
    }
    do {
      let root = try JSONReader.read(bytes, limits: limits)
      self = try Self.entry(from: root, limits: limits)
    } catch let fault as JSONFault {
      throw CorpusFileError(fault, in: bytes, of: file)
    } catch let fault as ContentFault {
      let line = lineNumber(of: fault.offset, in: bytes)
      throw CorpusFileError(file: file, line: line, reason: fault.reason)
    } catch {
      preconditionFailure("reading JSON throws nothing else: \(error)")
    }
  }

  private static func entry(
    from root: JSONNode, limits: CorpusLimits
  ) throws(ContentFault) -> CorpusEntry {
    guard case .object(let members) = root.value,
      case .string(marker)? = members.first(where: { $0.key == "interleave" })?.value.value
    else { throw ContentFault(offset: root.offset, reason: .foreign) }

    var fields = Fields(members, of: root, path: "")
    _ = try fields.take("interleave")
    // The version comes before all else: what follows it may mean anything in another one.
    let versionOffset = try fields.offset(of: "version")
    let version = try fields.count("version")
    guard version <= currentVersion else {
      throw ContentFault(offset: versionOffset, reason: .newerVersion(version))
    }
    guard version >= 1 else {
      throw ContentFault(
        offset: versionOffset, reason: .wrongContent("`version` must be at least 1 (was 0)"))
    }

    var test = try fields.object("test")
    let testName = TestName(suite: try test.string("suite"), name: try test.string("name"))
    try test.end()
    let kindOffset = try fields.offset(of: "kind")
    let kindName = try fields.string("kind")
    guard let kind = FuzzFailure.Kind(rawValue: kindName) else {
      let known = FuzzFailure.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ContentFault(
        offset: kindOffset,
        reason: .wrongContent("`kind` must be one of \(known) (was \(quotation(of: kindName)))"))
    }
    let place = try fields.string("place")
    let message = try fields.string("message")
    var location: Location?
    if fields.has("location") {
      var object = try fields.object("location")
      location = Location(file: try object.string("file"), line: try object.count("line"))
      try object.end()
    }
    let seed = try fields.word("seed")
    let inputs = try fields.strings("inputs")
    let operations = try fields.strings("operations")
    var choices: [[UInt64]] = []
    if fields.has("choices") {
      for (node, path) in try fields.array("choices") {
        choices.append(try Fields.array(node, path).map(Fields.word))
      }
    }
    let deviations = try Self.deviations(from: &fields, version, limits: limits)
    var cancellation: Interleaving.Cancellation?
    if fields.has("cancellation") {
      var object = try fields.object("cancellation")
      cancellation = Interleaving.Cancellation(
        task: try path("task", of: &object), index: try object.count("step"),
        after: try stepName("after", of: &object, version))
      try object.end()
    }
    let poolWidth = version > 1 && fields.has("poolWidth") ? try Self.width(from: &fields) : nil
    let randomSeed = version > 1 && fields.has("randomSeed") ? try fields.word("randomSeed") : nil
    let words = try fields.strings("interleaving")
    try fields.end()
    return CorpusEntry(
      test: testName, signature: FailureSignature(kind: kind, place: place), message: message,
      location: location, seed: seed, inputs: inputs, operations: operations, choices: choices,
      deviations: deviations, cancellation: cancellation, poolWidth: poolWidth,
      randomSeed: randomSeed, words: words)
  }

  private static func width(from fields: inout Fields) throws(ContentFault) -> Int {
    let offset = try fields.offset(of: "poolWidth")
    let width = try fields.count("poolWidth")
    guard width >= 1 else {
      throw ContentFault(
        offset: offset, reason: .wrongContent("`poolWidth` must be at least 1 (was \(width))"))
    }
    return width
  }

  private static func deviations(
    from fields: inout Fields, _ version: Int, limits: CorpusLimits
  ) throws(ContentFault) -> [Interleaving.Deviation] {
    let offset = try fields.offset(of: "deviations")
    let items = try fields.array("deviations")
    guard items.count <= limits.deviations else {
      let what = "\(items.count) deviations; the most are \(limits.deviations)"
      throw ContentFault(offset: offset, reason: .tooLarge(what))
    }
    var deviations: [Interleaving.Deviation] = []
    deviations.reserveCapacity(items.count)
    for (node, path) in items {
      var object = try Fields(node, path: path)
      let deviation = Interleaving.Deviation(
        index: try object.count("step"), picked: try stepName("picked", of: &object, version),
        passedOver: try stepName("passedOver", of: &object, version))
      try object.end()
      deviations.append(deviation)
    }
    return deviations
  }

  private static func stepName(
    _ key: String, of fields: inout Fields, _ version: Int
  ) throws(ContentFault) -> Interleaving.StepName {
    var object = try fields.object(key)
    var name = Interleaving.StepName(
      task: try path("task", of: &object), ordinal: try object.count("ordinal"),
      function: try object.string("function"),
      occurrence: try object.count("occurrence"), executor: try object.string("executor"))
    if version > 1, object.has("inside") { name.inside = try point(of: &object) }
    try object.end()
    return name
  }

  /// Where a step was interrupted inside.
  private static func point(of fields: inout Fields) throws(ContentFault) -> InsidePoint {
    var object = try fields.object("inside")
    let isAfter = object.has("after")
    let offset = try object.offset(of: isAfter ? "after" : "before")
    let text = try object.string(isAfter ? "after" : "before")
    guard let operation = InsidePoint.Operation(rawValue: text) else {
      let known = InsidePoint.Operation.allCases.map(\.rawValue).joined(separator: ", ")
      throw ContentFault(
        offset: offset,
        reason: .wrongContent(
          "`\(object.path)\(isAfter ? "after" : "before")` must be one of \(known) "
            + "(was \(quotation(of: text)))"))
    }
    let point = InsidePoint(
      operation, isAfter: isAfter, occurrence: try object.count("occurrence"))
    try object.end()
    return point
  }

  private static func path(
    _ key: String, of fields: inout Fields
  ) throws(ContentFault) -> TaskPath {
    let offset = try fields.offset(of: key)
    let text = try fields.string(key)
    guard let path = TaskPath(text), path.description == text else {
      throw ContentFault(
        offset: offset,
        reason: .wrongContent(
          "`\(fields.path)\(key)` must be numbers joined by dots, as in 0.2.1 (was \(quotation(of: text)))"
        ))
    }
    return path
  }
}

/// A text from a file as it may stand in an error: on one line, and not longer than people read.
func quotation(of text: String) -> String {
  let limit = 60
  let start = text.unicodeScalars.prefix(limit + 1)
  let shown = start.prefix(limit).map { scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: "?"
    default: String(scalar)
    }
  }
  return "`\(shown.joined())\(start.count > limit ? "..." : "")`"
}

/// What is wrong with the content of a file that is JSON.
struct ContentFault: Error {
  var offset: Int
  var reason: CorpusFileError.Reason
}

extension CorpusFileError {
  fileprivate init(_ fault: JSONFault, in bytes: [UInt8], of file: String) {
    let line = lineNumber(of: fault.offset, in: bytes)
    switch fault.reason {
    case .truncated:
      self.init(file: file, line: line, reason: .truncated)
    case .tooLarge(let what):
      self.init(file: file, line: line, reason: .tooLarge(what))
    case .malformed(let what):
      let start = bytes[..<fault.offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
      let marks = ["<<<<<<<", "=======", ">>>>>>>"]
      let isConflict = marks.contains { bytes[start...].starts(with: $0.utf8) }
      self.init(
        file: file, line: line,
        reason: .notJSON(isConflict ? "it holds an unresolved merge conflict" : what))
    }
  }
}

/// The line of a byte, from 1.
private func lineNumber(of offset: Int, in bytes: [UInt8]) -> Int {
  bytes[..<offset].reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }
}
