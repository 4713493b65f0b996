import Interleave
import Testing

/// The decoder of corpus files, fed with what no writer of them would leave.
@Suite struct CorpusDecoderFuzzTests {
  private static let limits = CorpusLimits(bytes: 20_000, depth: 8, values: 600, deviations: 12)

  /// What a file must come to, whatever is in it: an entry that would be written and read again
  /// as it is, or an error that a person can use.
  private func check(_ bytes: [UInt8], _ what: @autoclosure () -> String) -> Bool {
    do throws(CorpusFileError) {
      let entry = try CorpusEntry(json: bytes, file: "corpus/x.json", limits: Self.limits)
      let text = entry.json()
      let again = try? CorpusEntry(json: Array(text.utf8), file: "corpus/x.json")
      #expect(again == entry && again?.json() == text, "\(what())")
      return true
    } catch {
      let lines = 1 + bytes.count { $0 == 0x0A }
      #expect((1...lines).contains(error.line ?? 1), "\(what()): \(error)")
      #expect(error.file == "corpus/x.json")
      #expect(error.description.utf8.count <= 600, "\(what())")
      #expect(!error.description.contains("\n"), "\(what()): \(error)")
      return false
    }
  }

  /// Pieces of JSON that a decoder may stumble over.
  private static let pieces: [[UInt8]] = [
    "1000000000", "-1", "1e400", "1.5", "18446744073709551615", "18446744073709551616",
    "9223372036854775808", "0000", "null", "true", "{", "}", "[", "]", ",", ":", "\"", "\\", "\n",
    "\\ud800", "\\u0000", "[[[[[[[[[[", "{\"a\":{\"a\":{\"a\":", "\"task\": \"0.4294967296\"",
    "\"task\": \"0..1\"", "\"version\": 1,", "\"deviations\": []", "\u{FEFF}", "\u{202E}", " ",
  ].map { Array($0.utf8) }

  private static func entries() -> [[UInt8]] {
    var generator = EntryGenerator(seed: 7)
    return [bankEntry.json()].map { Array($0.utf8) }
      + (0..<8).map { _ in Array(generator.entry().json().utf8) }
  }

  /// A file after a few changes: bytes, pieces of JSON, stretches that are missing, doubled or
  /// come from another file.
  private func mutated(
    _ files: [[UInt8]], _ random: inout SplitMix64
  ) -> [UInt8] {
    var bytes = files[random.below(files.count)]
    for _ in 0...random.below(3) {
      let place = random.below(bytes.count + 1)
      let end = min(bytes.count, place + random.below(40))
      switch random.below(6) {
      case 0: if place < bytes.count { bytes[place] = UInt8(truncatingIfNeeded: random.next()) }
      case 1: bytes.removeSubrange(place..<end)
      case 2: bytes.insert(contentsOf: bytes[place..<end], at: place)
      case 3: bytes.replaceSubrange(place..<end, with: Self.pieces[random.below(Self.pieces.count)])
      case 4: bytes.insert(contentsOf: Self.pieces[random.below(Self.pieces.count)], at: place)
      default:
        let other = files[random.below(files.count)]
        let start = random.below(other.count)
        let stretch = other[start..<min(other.count, start + random.below(200))]
        bytes.replaceSubrange(place..<end, with: stretch)
      }
    }
    return bytes
  }

  @Test func anEntryAfterAnyChangesIsAnEntryOrAnError() {
    let files = Self.entries()
    var random = SplitMix64(seed: 11)
    var read = 0
    for number in 0..<4_000 {
      let bytes = mutated(files, &random)
      if check(bytes, "mutation \(number)") { read += 1 }
    }
    // Some changes hit a text; most break the file.
    #expect((40..<2_000).contains(read), "\(read) of 4,000 were entries")
  }

  @Test func randomBytesAreAnError() {
    var random = SplitMix64(seed: 13)
    for number in 0..<2_000 {
      let bytes = (0..<random.below(300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(!check(bytes, "random bytes \(number)"))
    }
  }

  @Test func piecesOfJSONInAnyOrderAreAnError() {
    var random = SplitMix64(seed: 17)
    for number in 0..<2_000 {
      let bytes = (0..<random.below(30)).flatMap { _ in
        Self.pieces[random.below(Self.pieces.count)]
      }
      #expect(!check(bytes, "pieces \(number)"))
    }
  }

  /// Every value of an entry in turn, replaced by one of another type.
  @Test func aValueOfAnotherTypeIsAnErrorWithItsLine() throws {
    let text = bankEntry.json()
    let values = [
      "1000000000", "-1", "1.5", "\"text\"", "null", "false", "[]", "[[1]]", "{}", "{ \"a\": 1 }",
    ]
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for (number, line) in lines.enumerated() where line.contains("\": ") {
      for value in values {
        var changed = lines
        let key = try #require(line.firstRange(of: "\": "))
        changed[number] = line[..<key.upperBound] + value + (line.hasSuffix(",") ? "," : "")
        let bytes = Array(changed.joined(separator: "\n").utf8)
        _ = check(bytes, "`\(changed[number])` in line \(number + 1)")
      }
    }
  }

  @Test func anErrorQuotesLittleOfAHugeText() {
    let huge = String(repeating: "x\\n", count: 5_000)
    for old in ["invariant", "0.1", "place", "seed"] {
      let text = bankEntry.json().replacing("\"\(old)\"", with: "\"\(huge)\"")
      #expect(!check(Array(text.utf8), "`\(old)` replaced"))
    }
    let twice = "{\"\(huge)\": 1, \"\(huge)\": 2}"
    #expect(!check(Array(twice.utf8), "a key twice"))
  }
}
