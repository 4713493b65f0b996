import Foundation
import InterleaveEngine

/// A search for a proof that has not come to its end, and with which another process can go on.
struct SavedSearch: Sendable, Hashable {
  /// The file in which it was found; empty for one that is new.
  var path = ""
  /// The seed of the campaign.
  var seed: UInt64
  /// What tells the interleavings apart that the search has run.
  var signatures: Set<UInt64>
  /// The search itself: see `Reduction.words`.
  var words: [UInt64]
}

/// Where the search of a test is kept until it has come to its end.
struct SearchFile: Sendable, Hashable {
  /// Why a search cannot be gone on with.
  struct Misfit: Error, Hashable, CustomStringConvertible {
    var path: String
    var reason: String

    var description: String {
      "the search for a proof that \(path) keeps cannot be gone on with, and begins anew: \(reason)"
    }
  }

  static let version: UInt64 = 1
  private static let mark: UInt64 = 0x7363_7261_6573_6C69
  private static let largest = 1 << 30

  let folder: String
  let name: String
  /// What must be the same for the search to be one of this test: its program, and how runs are made.
  private let identity: [UInt64]

  /// - Returns: Nil where nothing is to be kept.
  init?(of test: TestIdentity, _ resolved: ResolvedConfiguration) {
    guard let folder = resolved.configuration.searches else { return nil }
    self.folder = folder
    var hash = StableHash()
    for part in [test.module, test.fullName] { hash.combine(part) }
    name = "\(hash.hexadecimal()).json.search"
    identity = [hash.value, Self.program, Self.settings(resolved.configuration)]
  }

  var path: String { "\(folder)/\(name)" }

  /// Changes whenever the program is built anew.
  private static let program: UInt64 = {
    var hash = StableHash()
    let path = CommandLine.arguments.first ?? ""
    for path in ["/proc/self/exe", path] {
      guard
        let file = try? FileManager.default.attributesOfItem(
          atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
      else { continue }
      hash.combine(
        "\(file[.size] ?? "") \((file[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0)")
    }
    return hash.value
  }()

  private static func settings(_ configuration: FuzzConfiguration) -> UInt64 {
    var hash = StableHash()
    for setting in [
      "\(configuration.time)", "\(configuration.mailboxes)", "\(configuration.interruptions)",
      "\(configuration.poolWidth)", "\(configuration.stepLimit)",
      "\(configuration.checks.rawValue)",
    ] { hash.combine(setting) }
    return hash.value
  }

  /// Lets a campaign go on with what is kept, by its seed unless another is asked for.
  ///
  /// - Throws: ``Misfit`` where it cannot be gone on with.
  func resume(_ resolved: inout ResolvedConfiguration) throws(Misfit) {
    guard let saved = try read() else { return }
    if resolved.hasFreshSeed { resolved.seed = saved.seed }
    guard saved.seed == resolved.seed else {
      throw misfit("it was begun with seed \(saved.seed), and this is seed \(resolved.seed)")
    }
    resolved.savedSearch = saved
  }

  // MARK: Reading and writing

  /// What another process has left.
  ///
  /// - Returns: Nil where that is nothing.
  /// - Throws: ``Misfit`` where it cannot be gone on with.
  func read() throws(Misfit) -> SavedSearch? {
    guard FileCalls.exists(path) else { return nil }
    let bytes: [UInt8]?
    do throws(FileError) {
      bytes = try FileCalls.read(path, upTo: Self.largest)
    } catch {
      throw misfit("\(error)")
    }
    guard let bytes, bytes.count.isMultiple(of: 8) else { throw misfit("it is damaged") }
    let words = stride(from: 0, to: bytes.count, by: 8).map { start in
      bytes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
    return try decode(words)
  }

  private func decode(_ words: [UInt64]) throws(Misfit) -> SavedSearch {
    guard words.count > 7, words[0] == Self.mark else { throw misfit("it is damaged") }
    guard words[1] == Self.version else {
      throw misfit("it is of version \(words[1]), and this is version \(Self.version)")
    }
    guard words.last == Self.sum(words.dropLast()) else { throw misfit("it is damaged") }
    guard words[2] == identity[0] else { throw misfit("it is another test's") }
    guard words[3] == identity[1] else { throw misfit("the program has been built anew since") }
    guard words[4] == identity[2] else { throw misfit("the settings are others now") }
    guard let count = Int(exactly: words[6]), count <= words.count - 8 else {
      throw misfit("it is damaged")
    }
    return SavedSearch(
      path: path, seed: words[5], signatures: Set(words[7..<7 + count]),
      words: Array(words[(7 + count)...].dropLast()))
  }

  /// Keeps a search.
  ///
  /// - Throws: `FileError` where that cannot be done.
  func write(_ search: SavedSearch, _ calls: FileCalls = .system) throws(FileError) {
    var words = [Self.mark, Self.version] + identity
    words += [search.seed, UInt64(search.signatures.count)]
    words += search.signatures.sorted() + search.words
    words.append(Self.sum(words[...]))
    let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    }
    try calls.makeFolder(folder)
    try TemporaryFile.clear(folder)
    try calls.writeAtomically(bytes, folder: folder, name: name)
  }

  func remove() { try? FileCalls.remove(path) }

  private static func sum(_ words: ArraySlice<UInt64>) -> UInt64 {
    var hash = StableHash()
    for word in words { hash.combine(word) }
    return hash.value
  }

  private func misfit(_ reason: String) -> Misfit { Misfit(path: path, reason: reason) }
}
