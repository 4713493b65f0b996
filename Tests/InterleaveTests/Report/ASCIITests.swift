import Testing

@testable import Interleave

/// What test frameworks are handed has no character of several bytes.
@Suite struct ASCIITests {
  @Test(arguments: [
    ("plain text, \"quoted\"\n\tindented", "plain text, \"quoted\"\n\tindented"),
    ("100 → 20", "100 \\u{2192} 20"), ("größe", "gr\\u{F6}\\u{DF}e"), ("😀", "\\u{1F600}"),
    ("e\u{301}", "e\\u{301}"), ("\u{1B}[31m\u{0}\r\n", "\\u{1B}[31m\\u{0}\\u{D}\n"),
    ("\\u{2192}", "\\u{2192}"), ("a\u{A0}b", "a\\u{A0}b"), ("", ""),
  ])
  func textIsEscapedAsInSwift(text: String, expected: String) {
    #expect(text.ascii == expected)
    #expect(text.ascii.ascii == expected)
  }

  @Test func escapedJSONIsTheSameDocument() throws {
    let entry = CorpusEntry(
      test: .init(suite: "Suite", name: "größe()"), signature: .init(kind: .crash, place: "→ 😀"),
      message: "e\u{301}\n\"残高\"")
    let escaped = entry.json().asciiJSON
    #expect(escaped.utf8.allSatisfy { $0 < 0x80 })
    #expect(escaped != entry.json())
    #expect(try CorpusEntry(reading: escaped) == entry)
  }

  @Test func anEscapedPatternMatchesTheSameNames() throws {
    let pattern = "Größen/füllt".asciiPattern
    #expect(pattern == "Gr\\x{F6}\\x{DF}en/f\\x{FC}llt")
    #expect("AppTests.Größen/füllt()".firstMatch(of: try Regex(pattern)) != nil)
    #expect("AppTests.Grossen/fuellt()".firstMatch(of: try Regex(pattern)) == nil)
  }

  @Test func arrowsOfTheTestFrameworkAreToldFromThoseInValues() {
    let text = #"(await bank.name → "a → \"b\" → c") == (other → "→")"#
    #expect(
      text.withASCIIArrows == #"(await bank.name -> "a → \"b\" → c") == (other -> "→")"#)
  }

  /// A failure all of whose texts are not ASCII.
  private var foreign: FuzzFailure {
    var failure = Sample.overdrawnFailure
    failure.test = "Größe/prüft()"
    failure.message = "erwartet: „残高“ → 😀\n\u{1B}[31mrot"
    failure.inputs = ["größe = \"→\""]
    failure.operations = ["Spur 1: .größer(\"残高\")"]
    failure.replayCommand = "swift test --filter 'Größe/prüft'"
    failure.corpusFile = "/bank/corpus/Größe-0123/prüft/5f3a.json"
    failure.unsavedEntry = FuzzFailure.UnsavedEntry(
      path: "corpus/Größe/1.json", content: "{\n  \"message\": \"→\"\n}", reason: "voll: „/“")
    failure.repair = FuzzFailure.Repair(
      staleFile: "corpus/Größe/0.json", reason: "`größe()` fehlt", isWritten: false,
      difference: "-  \"größe\"\n+  \"breite\"")
    failure.escapes = ["ein Faden in größe()"]
    for index in failure.interleaving.steps.indices {
      failure.interleaving.steps[index].name.function += "größe(残高:)"
      failure.interleaving.steps[index].actor += "银行"
      failure.interleaving.steps[index].notes = ["„geprüft“"]
      for change in failure.interleaving.steps[index].changes.indices {
        failure.interleaving.steps[index].changes[change].after +=
          "→"
          + String(
            repeating: "残", count: 50)
      }
    }
    return failure
  }

  @Test func severalActorsOfATypeAreNumberedInASCIIToo() {
    var failure = Sample.overdrawnFailure
    for index in failure.interleaving.steps.indices {
      failure.interleaving.steps[index].actor = "Bank\u{A0}#2"
    }
    let report = failure.asciiText(width: 100)
    #expect(report.contains(" Bank #2 "), "\(report)")
    #expect(!report.contains("u{A0}"), "\(report)")
  }

  @Test(arguments: [60, 80, 100, 200]) func aReportIsASCIIWhateverTheUserWrote(width: Int) {
    for clients in [0, 3, 5, 12, 40] {
      var failure = foreign
      if clients > 0 {
        let steps = failure.interleaving.steps
        failure.interleaving = Sample.crowd(clients)
        for index in failure.interleaving.steps.indices {
          let other = steps[index % steps.count]
          failure.interleaving.steps[index].actor = other.actor
          failure.interleaving.steps[index].changes = other.changes
          failure.interleaving.steps[index].notes = other.notes
        }
      }
      let report = failure.asciiText(width: width)
      let foreign = report.utf8.filter { $0 >= 0x80 || $0 < 0x20 && $0 != 0x0A }
      #expect(foreign.isEmpty, "\(report)")
      #expect(report.contains("\\u{6B8B}") && report.contains("Gr\\u{F6}"), "\(report)")
    }
  }

  @Test(arguments: [60, 80, 100, 200]) func columnsLineUpWhereValuesAreEscaped(width: Int) {
    for clients in [0, 3, 5, 12] {
      var failure = foreign
      failure.unsavedEntry = nil
      if clients > 0 {
        failure.interleaving = Sample.crowd(clients)
        for index in failure.interleaving.steps.indices {
          failure.interleaving.steps[index].actor = "银行"
          failure.interleaving.steps[index].notes = ["„geprüft“ → 残高"]
        }
      }
      let lines = failure.asciiText(width: width).split(separator: "\n").map(Array.init)
      guard
        let rule = lines.firstIndex(where: { line in
          line.contains("+") && line.allSatisfy { $0 == "-" || $0 == "+" }
        })
      else {
        Issue.record("there is no table")
        continue
      }
      let bars = lines[rule].indices.filter { lines[rule][$0] == "+" }
      let rows = lines[(rule + 1)...].prefix { $0.count > bars[0] && $0[bars[0]] == "|" }
      #expect(rows.count > 3)
      for row in rows {
        #expect(row.count <= width, "\(String(row))")
        for bar in bars { #expect(row.count > bar && row[bar] == "|", "\(String(row))") }
      }
    }
  }

  @Test func theJSONThatIsToBeCopiedStaysWhole() {
    let report = foreign.asciiText(width: 100)
    #expect(report.contains("{\n  \"message\": \"\\u2192\"\n}"), "\(report)")
    #expect(report.contains("swift test --filter 'Gr\\x{F6}\\x{DF}e/pr\\x{FC}ft'"), "\(report)")
  }

  @Test func aReportForTerminalsKeepsWhatTheUserWrote() {
    let report = foreign.text(width: 100)
    for text in ["„残高“ → 😀", "│", "─", "größe = \"→\"", "Größe/prüft()"] {
      #expect(report.contains(text), "\(report)")
    }
  }

  @Test(
    arguments: [
      ConfigurationError("größe → 1"), FixtureError.missing(Größe.self),
      SpecError.noOperation(spec: "Größe"), GeneratorError.nothingToChooseFrom(generator: "größe"),
      CorpusFileError(file: "corpus/größe.json", line: 3, reason: .notJSON("„“")),
      CorpusPlan.NoPackage(sourceFile: "/größe.swift"),
      DeadlineExceeded(
        limit: .microseconds(3),
        location: .init(fileID: "a/b", filePath: "/größe.swift", line: 1, column: 1)),
      FuzzFailure(kind: .crash, message: "größe"),
    ] as [any Error & CustomStringConvertible]) func whatIsThrownDescribesItselfInASCII(
      error: any Error & CustomStringConvertible
    )
  {
    #expect(error.description.utf8.allSatisfy { $0 < 0x80 }, "\(error)")
    #expect("\(error)" == error.description)
  }

  @Test func aReportOfACampaignIsASCII() {
    let report = FuzzReport(
      schedules: 3, contendedActors: ["Größe"], escapes: ["größe()"], warnings: ["→"],
      fixed: ["corpus/größe.json"])
    #expect(report.description.utf8.allSatisfy { $0 < 0x80 })
    #expect(report.description.contains("Gr\\u{F6}\\u{DF}e"))
  }
}

private struct Größe: Fixture {
  func setUp() async throws -> Int { 0 }
  func tearDown(_ resource: Int) async throws {}
}
