import Interleave
import Testing

@Suite struct CorpusCodecTests {
  @Test func anEntryIsWrittenForAReviewer() {
    #expect(
      bankEntry.json() == #"""
        {
          "interleave": "corpus entry",
          "version": 1,
          "test": { "suite": "BankTests", "name": "neverOverdrawn()" },
          "kind": "invariant",
          "place": "BankTests/BankTests.swift",
          "message": "balance must not be negative (was -60)",
          "location": { "file": "Tests/BankTests/BankTests.swift", "line": 12 },
          "seed": 18446744073709551615,
          "inputs": [
            "100",
            "[true, false]"
          ],
          "operations": [],
          "choices": [
            [1, 2, 18446744073709551615],
            []
          ],
          "deviations": [
            { "step": 2,
              "picked": { "task": "0.1", "ordinal": 0, "function": "Bank.withdraw(_:)", "occurrence": 0, "executor": "Bank" },
              "passedOver": { "task": "0.0", "ordinal": 1, "function": "Bank.withdraw(_:)", "occurrence": 1, "executor": "Bank" }
            }
          ],
          "interleaving": [
            "1  task 0.0  Bank.withdraw(_:)  Bank.swift:12  on Bank"
          ]
        }

        """#)
  }

  @Test func whatIsWrittenIsReadAgain() throws {
    var generator = EntryGenerator(seed: 1)
    for _ in 0..<1_000 {
      let entry = generator.entry()
      let text = entry.json()
      let copy = try CorpusEntry(reading: text)
      #expect(copy == entry)
      // Equal strings may differ in their bytes (é); the text of the file shows it.
      #expect(copy.json().utf8.elementsEqual(text.utf8))
      #expect(copy.digest == entry.digest)
    }
  }

  @Test func onlyWhatWasInterruptedInsideNeedsTheNewerFormat() throws {
    var entry = bankEntry
    entry.deviations[0].passedOver.inside = InsidePoint(.unlock, isAfter: true, occurrence: 2)
    let text = try textOfNewerFormat(
      entry,
      having: #""executor": "Bank", "inside": { "after": "unlock", "occurrence": 2 } }"#)
    let unknown = text.replacing(#""unlock""#, with: #""sneeze""#)
    #expect(throws: CorpusFileError.self) { try CorpusEntry(reading: unknown) }
  }

  @Test func aNarrowPoolNeedsTheNewerFormat() throws {
    var entry = bankEntry
    entry.poolWidth = 2
    let text = try textOfNewerFormat(entry, having: #""poolWidth": 2,"#)
    let none = text.replacing(#""poolWidth": 2"#, with: #""poolWidth": 0"#)
    #expect(throws: CorpusFileError.self) { try CorpusEntry(reading: none) }
  }

  @Test func randomNumbersOfItsOwnNeedTheNewerFormat() throws {
    var entry = bankEntry
    entry.randomSeed = .max
    _ = try textOfNewerFormat(entry, having: #""randomSeed": 18446744073709551615,"#)
  }

  /// The text of an entry that has a field which the older format lacks.
  private func textOfNewerFormat(_ entry: CorpusEntry, having field: String) throws -> String {
    let text = entry.json()
    #expect(text.contains(#""version": 2,"#))
    #expect(text.contains(field), "\(text)")
    #expect(try CorpusEntry(reading: text) == entry)
    #expect(entry.digest != bankEntry.digest)
    let old = text.replacing(#""version": 2"#, with: #""version": 1"#)
    #expect(throws: CorpusFileError.self) { try CorpusEntry(reading: old) }
    return text
  }

  @Test func charactersThatAReviewerCouldNotSeeAreEscaped() {
    var entry = bankEntry
    entry.message = "a\u{202E}b\u{200B}c\0d/e"
    #expect(entry.json().contains(#""message": "a\u202eb\u200bc\u0000d/e""#))
  }

  @Test func theFileIsReadWithOtherLineEndsAndSpaces() throws {
    let text = bankEntry.json()
    let windows = String(text.flatMap { $0 == "\n" ? "\r\n" : String($0) })
    #expect(try CorpusEntry(reading: windows) == bankEntry)
    #expect(try CorpusEntry(reading: " \t\n" + text + "\n\n") == bankEntry)
    #expect(try CorpusEntry(reading: String(text.dropLast())) == bankEntry)
  }

  @Test func escapesOfOtherWritersAreRead() throws {
    let text = bankEntry.json().replacing(
      "neverOverdrawn()", with: #"\u006eever\/\ud83d\ude00\b\f"#)
    #expect(try CorpusEntry(reading: text).test.name == "never/😀\u{8}\u{C}")
  }

  @Test func theDigestCountsOnlyWhatAReplayLooksAt() {
    var same = bankEntry
    same.message = "other"
    same.location = nil
    same.seed = 0
    same.words = []
    same.deviations[0].index = 7
    #expect(same.digest == bankEntry.digest)

    let changes: [(inout CorpusEntry) -> Void] = [
      { $0.signature.kind = .crash }, { $0.signature.place = "" }, { $0.inputs = ["100"] },
      { $0.operations = $0.inputs }, { $0.choices = [] }, { $0.deviations = [] },
      { $0.deviations[0].picked.function = "Bank.deposit(_:)" },
      { $0.deviations[0].passedOver.occurrence = 0 },
    ]
    var digests = [bankEntry.digest]
    for change in changes {
      var entry = bankEntry
      change(&entry)
      #expect(!digests.contains(entry.digest))
      digests.append(entry.digest)
    }
  }

  @Test func theDigestNeverChangesFromVersionToVersion() {
    #expect(bankEntry.digest == "a8bdcdbb91e0fcdb")
  }
}
