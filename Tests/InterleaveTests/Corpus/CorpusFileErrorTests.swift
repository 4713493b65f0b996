import Interleave
import Testing

@Suite struct CorpusFileErrorTests {
  /// The error that reading a text gives; nil where it is read.
  private func error(
    reading bytes: [UInt8], limits: CorpusLimits = CorpusLimits()
  ) -> CorpusFileError? {
    do throws(CorpusFileError) {
      _ = try CorpusEntry(json: bytes, file: "corpus/x.json", limits: limits)
      return nil
    } catch {
      return error
    }
  }

  private func error(
    reading text: String, limits: CorpusLimits = CorpusLimits()
  ) -> CorpusFileError? {
    error(reading: Array(text.utf8), limits: limits)
  }

  /// The error after a replacement in a good file.
  private func error(replacing old: String, with new: String) -> CorpusFileError? {
    let text = bankEntry.json()
    #expect(text.contains(old))
    return error(reading: text.replacing(old, with: new))
  }

  /// A file with a word for every character that is hard to store.
  private static let nasty: String = {
    var entry = bankEntry
    entry.inputs = EntryGenerator.pieces
    return entry.json()
  }()

  /// A file with surrogate pairs, as other writers might leave it.
  private static let pairs = bankEntry.json()
    .replacing("BankTests", with: #"\ud83d\ude00\u0041"#)

  @Test func aFileCutOffAnywhereIsAnError() {
    for text in [bankEntry.json(), Self.nasty, Self.pairs] {
      let bytes = Array(text.utf8)
      // Without its last newline a file is still whole.
      for count in 0..<bytes.count - 1 {
        let error = error(reading: Array(bytes[..<count]))
        #expect(error?.reason == .truncated, "cut off after \(count) bytes")
        #expect(error?.line == 1 + bytes[..<count].count { $0 == 0x0A })
      }
    }
  }

  @Test func brokenBytesNeverCrashAndNeverHang() {
    var random = SplitMix64(seed: 2)
    let files = [bankEntry.json(), Self.nasty, Self.pairs].map { Array($0.utf8) }
    var errors = 0
    for index in 0..<3_000 {
      var broken = files[index % files.count]
      for _ in 0...random.below(4) {
        broken[random.below(broken.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      if random.below(4) == 0 { broken.removeSubrange(0..<random.below(broken.count)) }
      if error(reading: broken) != nil { errors += 1 }
    }
    #expect(errors > 1_000)
  }

  @Test func aTruncatedFileSaysSoWithItsLine() {
    let text = String(bankEntry.json().prefix { $0 != "1" })
    #expect(
      error(reading: text)?.description
        == "corpus/x.json:3: the file is truncated: it ends here, in the middle of the entry; "
        + "restore it from version control or delete it")
  }

  @Test(arguments: [
    ("hello", 1, "a value was expected"), ("{\n  \"a\" 1}", 2, "a `:` was expected after a key"),
    ("{\n\n\"a\": 1,}", 3, "a key in quotation marks was expected"),
    ("[1 2]", 1, "a `,` or `]` was expected"), ("{\"a\": 01}", 1, "a number begins with 0"),
    ("{\"a\": 1\n\"b\": 2}", 2, "a `,` or `}` was expected"),
    ("{\"a\": 1,\n\"a\": 2}", 2, "the key `a` appears twice"),
    ("{}\n{}", 2, "something follows the end of the entry"),
    ("[\"\\q\"]", 1, "an unknown escape in a string"),
    ("[\"\\ud800\"]", 1, "half of a surrogate pair in a string"),
    ("[\"\\ud800\\u0041\"]", 1, "half of a surrogate pair in a string"),
    ("[\"\\udc00\"]", 1, "half of a surrogate pair in a string"),
    ("[\"\\u00g0\"]", 1, "four hexadecimal digits were expected after `\\u`"),
    ("[\"a\nb\"]", 1, "a string holds a control character or lacks its closing `\"`"),
    ("[1.]", 1, "a digit was expected"), ("[nulL]", 1, "a value was expected"),
    (
      "{\n<<<<<<< HEAD\n  \"a\": 1\n=======\n  \"a\": 2\n>>>>>>> x\n}", 2,
      "it holds an unresolved merge conflict"
    ),
  ])
  func whatIsNotJSONIsNamedWithItsLine(text: String, line: Int, what: String) {
    let error = error(reading: text)
    #expect(error?.reason == .notJSON(what))
    #expect(error?.line == line)
  }

  @Test func bytesThatAreNotUTF8AreNamed() {
    var bytes = Array(bankEntry.json().utf8)
    let index = bytes.firstIndex(of: UInt8(ascii: "B"))
    bytes[index ?? 0] = 0xFF
    #expect(error(reading: bytes)?.reason == .notJSON("a string is not UTF-8"))
    #expect(error(reading: bytes)?.line == 4)
  }

  @Test(arguments: ["{}", "[]", "12", "null", "{\"version\": 1}", "{\"interleave\": 1}"])
  func foreignJSONIsRecognised(text: String) {
    #expect(error(reading: text)?.reason == .foreign)
  }

  @Test func aNewerVersionIsNotGuessedAt() {
    let text = "{ \"interleave\": \"corpus entry\",\n \"version\": 7, \"novelty\": 1.5 }"
    #expect(
      error(reading: text)?.description
        == "corpus/x.json:2: the file was written by a newer Interleave: version 7; "
        + "this one reads up to 2")
    let next = CorpusEntry.currentVersion + 1
    #expect(
      error(replacing: "\"version\": 1", with: "\"version\": \(next)")?.reason
        == .newerVersion(next))
    #expect(
      error(replacing: "\"version\": 1", with: "\"version\": 0")?.description
        == "corpus/x.json:3: `version` must be at least 1 (was 0)")
  }

  @Test(arguments: [
    (
      "\"seed\": 18446744073709551615", "\"seed\": \"1\"", 9,
      "`seed` must be a whole number from 0 to 2^64 - 1 (was a string)"
    ),
    (
      "\"seed\": 18446744073709551615", "\"seed\": 18446744073709551616", 9,
      "`seed` must be a whole number from 0 to 2^64 - 1 (was 18446744073709551616)"
    ),
    (
      "\"line\": 12", "\"line\": 1.5", 8,
      "`location.line` must be a whole number from 0 to 2^64 - 1 (was 1.5)"
    ),
    (
      "\"line\": 12", "\"line\": 9223372036854775808", 8,
      "`location.line` must be a whole number below 2^63 (was 9223372036854775808)"
    ),
    ("\"100\"", "null", 11, "`inputs[0]` must be a string (was null)"),
    (
      "\"operations\": []", "\"operations\": {}", 14,
      "`operations` must be an array (was an object)"
    ),
    ("\"operations\"", "\"operation\"", 1, "the key `operations` is missing"),
    (
      "\"step\": 2", "\"step\": 2, \"note\": true", 20,
      "`deviations[0].note` is not a key of a corpus entry"
    ),
    (
      "\"ordinal\": 1", "\"ordinal\": -1", 22,
      "`deviations[0].passedOver.ordinal` must be a whole number from 0 to 2^64 - 1 (was -1)"
    ),
    (
      "\"task\": \"0.1\"", "\"task\": \"0..1\"", 21,
      "`deviations[0].picked.task` must be numbers joined by dots, as in 0.2.1 (was `0..1`)"
    ),
    (
      "\"task\": \"0.1\"", "\"task\": \"+0.01\"", 21,
      "`deviations[0].picked.task` must be numbers joined by dots, as in 0.2.1 (was `+0.01`)"
    ),
    (
      "[1, 2, 18446744073709551615]", "[1, true]", 16,
      "`choices[0][1]` must be a whole number from 0 to 2^64 - 1 (was true)"
    ),
  ])
  func aWrongValueIsNamedWithItsKeyAndLine(old: String, new: String, line: Int, what: String) {
    let error = error(replacing: old, with: new)
    #expect(error?.reason == .wrongContent(what))
    #expect(error?.line == line)
  }

  @Test func anUnknownKindIsAnError() {
    let error = error(replacing: "\"invariant\"", with: "\"unheardOf\"")
    #expect(error?.line == 5)
    #expect(error?.description.hasSuffix("nothingInterleaved (was `unheardOf`)") == true)
  }

  @Test func whatIsTooLargeIsRefused() {
    let text = bankEntry.json()
    #expect(
      error(reading: text, limits: CorpusLimits(bytes: 100))?.reason
        == .tooLarge("more than 100 bytes"))
    #expect(
      error(reading: text, limits: CorpusLimits(deviations: 0))?.reason
        == .tooLarge("1 deviations; the most are 0"))
    #expect(
      error(reading: text, limits: CorpusLimits(values: 10))?.reason
        == .tooLarge("it holds more than 10 values"))
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(error(reading: deep)?.reason == .tooLarge("it is nested more than 16 deep"))
  }
}
