import Foundation
import Interleave

/// A folder that exists while a test runs.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.path + "/interleave-\(UUID().uuidString)"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The paths of all files below a folder, sorted, temporary ones included.
func allFiles(below folder: String) throws -> [String] {
  try FileManager.default.subpathsOfDirectory(atPath: folder).filter { path in
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
      && !isFolder.boolValue
  }.sorted()
}

func step(
  _ task: String, _ ordinal: Int, _ function: String, _ occurrence: Int = 0,
  on executor: String = ""
) -> Interleaving.StepName {
  Interleaving.StepName(
    task: TaskPath(task) ?? TaskPath(ordinals: []), ordinal: ordinal, function: function,
    occurrence: occurrence, executor: executor)
}

let bankTest = CorpusEntry.TestName(suite: "BankTests", name: "neverOverdrawn()")

let bankEntry = CorpusEntry(
  test: bankTest,
  signature: FailureSignature(kind: .invariant, place: "BankTests/BankTests.swift"),
  message: "balance must not be negative (was -60)",
  location: .init(file: "Tests/BankTests/BankTests.swift", line: 12),
  seed: UInt64.max, inputs: ["100", "[true, false]"], operations: [],
  choices: [[1, 2, 18_446_744_073_709_551_615], []],
  deviations: [
    .init(
      index: 2, picked: step("0.1", 0, "Bank.withdraw(_:)", on: "Bank"),
      passedOver: step("0.0", 1, "Bank.withdraw(_:)", 1, on: "Bank"))
  ],
  words: ["1  task 0.0  Bank.withdraw(_:)  Bank.swift:12  on Bank"])

/// Makes entries full of what is hard to store, the same ones for the same seed.
struct EntryGenerator {
  var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  static let pieces = [
    "", "\"", "\\", "/", "\n", "\r\n", "\t", "\0", "\u{1}", "\u{1F}", "\u{7F}", "\u{85}", "é",
    "e\u{301}", "→", "👩‍👩‍👧", "\u{2028}", "\u{202E}", "\u{FEFF}", "\u{FFFF}", "\u{10FFFF}", "\\u0041",
    "</script>", "Bank.withdraw(_:)", "{", "]", " ", "null", "}\n{", "\\\"",
  ]

  mutating func text() -> String {
    (0..<random.below(6)).map { _ in Self.pieces[random.below(Self.pieces.count)] }.joined()
  }

  mutating func list<Item>(_ item: (inout EntryGenerator) -> Item) -> [Item] {
    (0..<random.below(5)).map { _ in item(&self) }
  }

  mutating func count() -> Int {
    random.below(8) == 0 ? Int.max : random.below(1000)
  }

  mutating func stepName() -> Interleaving.StepName {
    var ordinals: [UInt32] = [0]
    ordinals += list { UInt32(truncatingIfNeeded: $0.random.next()) }
    return Interleaving.StepName(
      task: TaskPath(ordinals: ordinals), ordinal: count(), function: text(),
      occurrence: count(), executor: text())
  }

  mutating func entry() -> CorpusEntry {
    let kinds = FuzzFailure.Kind.allCases
    return CorpusEntry(
      test: .init(suite: text(), name: text()),
      signature: .init(kind: kinds[random.below(kinds.count)], place: text()), message: text(),
      location: random.below(2) == 0 ? nil : .init(file: text(), line: count()),
      seed: random.next(), inputs: list { $0.text() }, operations: list { $0.text() },
      choices: list { generator in
        (0..<generator.random.below(40)).map { _ in generator.random.next() }
      },
      deviations: list {
        .init(index: $0.count(), picked: $0.stepName(), passedOver: $0.stepName())
      },
      cancellation: random.below(2) == 0
        ? nil : .init(task: stepName().task, index: count(), after: stepName()),
      poolWidth: random.below(4) == 0 ? 1 + random.below(64) : nil,
      randomSeed: random.below(4) == 0 ? random.next() : nil,
      words: list { $0.text() })
  }
}

extension CorpusEntry {
  /// Reads an entry from text.
  init(reading text: String, limits: CorpusLimits = CorpusLimits()) throws(CorpusFileError) {
    try self.init(json: Array(text.utf8), file: "x.json", limits: limits)
  }
}
