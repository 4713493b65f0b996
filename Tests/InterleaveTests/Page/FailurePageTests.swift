import Foundation
import InterleaveEngine
import Testing

@testable import Interleave

@Suite struct FailurePageTests {
  /// The document as any program reads it.
  private func read(_ json: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
  }

  @Test func theDocumentSaysWhatItIsAndWhatFailed() throws {
    let document = try read(Sample.overdrawnFailure.json)
    #expect(document["format"] as? String == "interleave failure")
    #expect(document["version"] as? Int == 1)
    #expect(document["test"] as? String == "BankTests/neverOverdrawn()")
    #expect(document["kind"] as? String == "expectation")
    #expect(document["seed"] as? String == "12345", "JavaScript cannot hold all of its digits")
    #expect(document["inputs"] as? [String] == ["amount = 80"])
    let location = try #require(document["location"] as? [String: Any])
    #expect(location["line"] as? Int == 11)
  }

  @Test func eachStepIsInTheDocument() throws {
    let document = try read(Sample.overdrawnFailure.json)
    let steps = try #require(document["steps"] as? [[String: Any]])
    #expect(steps.map { $0["number"] as? Int } == Array(1...12))
    let act = steps[7]
    #expect(act["task"] as? String == "0.1")
    #expect(act["actor"] as? String == "Bank")
    #expect(act["function"] as? String == "Bank.withdraw(_:)")
    #expect((act["place"] as? [String: Any])?["name"] as? String == "Bank.swift:14")
    let change = try #require((act["changes"] as? [[String: Any]])?.first)
    #expect(change as? [String: String] == ["property": "balance", "before": "100", "after": "20"])
    #expect(steps[4]["isPreemption"] as? Bool == true)
    let collision = try #require((document["collisions"] as? [[String: Any]])?.first)
    #expect(collision["steps"] as? [Int] == [3, 8, 9])
    #expect((document["deviations"] as? [[String: Any]])?.first?["step"] as? Int == 5)
  }

  @Test func whatExperimentsHaveShownIsInTheDocument() throws {
    var failure = Sample.overdrawnFailure
    var findings = ExperimentFindings()
    findings.undisturbed[.init(before: 2, between: 7, after: 8)] = .init(passed: 3)
    findings.without[4] = .init(failed: 1)
    failure.findings = findings
    let experiments = try #require(try read(failure.json)["experiments"] as? [[String: Any]])
    #expect(experiments.map { $0["kind"] as? String } == ["undisturbed", "without"])
    #expect(experiments.map { $0["steps"] as? [Int] } == [[3, 8, 9], [5]])
    #expect(experiments.map { $0["passed"] as? Int } == [3, 0])
    #expect(experiments.map { $0["failed"] as? Int } == [0, 1])
  }

  @Test func theHistoryOfASpecIsInTheDocument() throws {
    var failure = Sample.overdrawnFailure
    #expect(try read(failure.json)["history"] == nil)
    failure.history = Sample.history
    let history = try #require(try read(failure.json)["history"] as? [String: Any])
    let calls = try #require(history["calls"] as? [[String: Any]])
    #expect(calls.map { $0["lane"] as? Int } == [1, 2, 3])
    #expect(calls.map { $0["operation"] as? String }.first == ".withdraw(80)")
    #expect(calls.map { $0["response"] as? String } == ["true", "true", nil])
    #expect(calls.map { $0["invoked"] as? Int } == [0, 1, 3])
    #expect(calls.map { $0["returned"] as? Int } == [2, 4, nil])
    #expect(history["explained"] as? [Int] == [3, 1])
    #expect(history["state"] as? String == "21")
    let next = try #require((history["next"] as? [[String: Any]])?.first)
    #expect(next["call"] as? Int == 2)
    #expect(next["allowed"] as? [String] == ["false"])
  }

  // MARK: Hostile text

  static let hostile = [
    "</script><script>window.attacked = 1</script>", "<!--<script>", "\" onload='x' `${1}`",
    "\u{202E}txet\u{2066}", "\u{2028}\u{2029}\u{0}\u{1B}[31m", "👩‍👩‍👧 é ﷽", "]]>&lt;&amp;",
    "C:\\new\\u0041",
  ]

  @Test(arguments: hostile) func whateverTheProgramSaysStaysText(text: String) throws {
    var failure = Sample.overdrawnFailure
    failure.message = text
    failure.test = text
    failure.inputs = [text]
    failure.history = Sample.history
    failure.history?.calls[0].operation = text
    failure.history?.state = text
    failure.interleaving.steps[2].name.function = text
    failure.interleaving.steps[7].changes = [
      Interleaving.Change(property: text, before: text, after: text)
    ]
    let json = failure.json
    #expect(json.utf8.allSatisfy { $0 < 0x80 && $0 >= 0x20 || $0 == 0x0A })
    #expect(json.allSatisfy { !"<>&'".contains($0) })
    let document = try read(json)
    #expect(document["message"] as? String == text, "and it is the same text")
    let page = failure.html
    #expect(!page.contains("<script>window.attacked"))
    // The document, the script, and nothing else.
    #expect(page.components(separatedBy: "<script").count == 3)
    #expect(page.components(separatedBy: "</script>").count == 3)
    let picture = InterleavingPicture(failure).svg
    #expect(!picture.contains("<script"))
    #expect(picture.components(separatedBy: "</svg>").count == 2)
  }

  @Test func aValueOfAMegabyteIsLeftOutInTheMiddle() throws {
    var failure = Sample.overdrawnFailure
    let long = String(repeating: "x", count: 1 << 20) + "end"
    failure.interleaving.steps[7].changes[0].after = long
    #expect(failure.json.utf8.count < 100_000)
    #expect(failure.json.contains("more bytes"))
    #expect(failure.json.contains("xend\""))
  }

  /// What a thread has worked, which other work on the machine makes no longer.
  private func timed(_ body: () -> String) -> (text: String, seconds: Double) {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    let text = body()
    return (text, now() - start)
  }

  @Test func valuesOfMegabytesTakeNoLongerToTell() {
    var failure = Sample.overdrawnFailure
    let long = "\u{1F469}" + String(repeating: "a word and ", count: 100_000) + "é end"
    failure.message = long
    failure.inputs = [long]
    failure.operations = [long]
    failure.interleaving.steps[7].notes = [long]
    failure.interleaving.steps[7].changes = [
      Interleaving.Change(property: "text", before: long, after: long + "!")
    ]
    let ascii = timed { failure.description }
    let text = timed { failure.text(width: 100) }
    let page = timed { failure.html }
    #expect(ascii.seconds < 1 && ascii.text.utf8.count < 100_000)
    #expect(text.seconds < 1 && text.text.contains("1,092,0"))
    #expect(page.seconds < 2 && page.text.utf8.count < 300_000)
    #expect(text.text.contains("é end"))
  }

  @Test(arguments: ["a", "é", "€", "👩‍👩‍👧"]) func aLongTextIsCutBetweenCharacters(unit: String) {
    let text = String(repeating: unit, count: 20_000)
    let told = text.withoutMiddle
    #expect(told.utf8.count <= 8_000)
    #expect(told.withoutMiddle == told)
    #expect(!told.unicodeScalars.contains("\u{FFFD}"))
    let parts = told.components(separatedBy: " [... ")
    let rest = parts[1].components(separatedBy: " more bytes ...] ")
    let left = Int(rest[0].replacing(",", with: ""))
    #expect(left.map { $0 + parts[0].utf8.count + rest[1].utf8.count } == text.utf8.count)
    #expect(text.unicodeScalars.starts(with: parts[0].unicodeScalars))
    let short = String(repeating: unit, count: 8_000 / unit.utf8.count)
    #expect(short.withoutMiddle == short)
  }

  // MARK: The page

  @Test func thePageNeedsNothingElse() {
    let page = Sample.overdrawnFailure.html
    for outside in ["http://", "https://", "src=", "href=", "@import", "url("] {
      let found = page.components(separatedBy: outside).count - 1
      // The name of SVG's elements is no address that is loaded.
      #expect(found == (outside == "http://" ? 1 : 0), "\(outside)")
    }
    #expect(page.contains("default-src 'none'"))
    #expect(page.contains("<noscript>"))
    #expect(page.contains("balance -= amount") == false, "there is no such file here")
    #expect(page.contains("Where it left the ordinary order"), "the text is there, too")
  }

  @Test func aFailureOfTenThousandStepsIsToldWhole() {
    var failure = Sample.overdrawnFailure
    let steps = failure.interleaving.steps
    let many = (0..<10_000).map { steps[$0 % steps.count] }
    failure.interleaving.steps = many
    let page = failure.html
    #expect(page.contains("\"number\":10000"))
    #expect(page.contains("10,000 steps, 3 tasks"))
  }

  // MARK: Other files

  @Test func theTimelineHasATrackForEachTaskAndAnArrowForEachThatWasMadeReady() throws {
    var failure = Sample.overdrawnFailure
    failure.interleaving.steps[1].cause = 0
    let trace = try read(InterleavingTimeline(failure).json.written)
    let events = try #require(trace["traceEvents"] as? [[String: Any]])
    let phases = events.compactMap { $0["ph"] as? String }
    #expect(phases.count { $0 == "M" } == 4, "the process and three tasks")
    #expect(phases.count { $0 == "X" } == 12)
    #expect(phases.count { $0 == "s" } == 1)
    #expect(phases.count { $0 == "f" } == 1)
  }

  @Test func thePictureHasAPointForEachStep() {
    let picture = InterleavingPicture(Sample.overdrawnFailure).svg
    #expect(picture.components(separatedBy: "<circle").count == 13)
    #expect(picture.contains("fails here"))
  }

  @Test func theFilesOfATestLieInAFolderOfItsOwn() throws {
    try withTemporaryFolder { folder in
      let test = TestIdentity(
        suite: "BankTests", name: "never/overdrawn()", arguments: "", filePath: #filePath)
      try FailureFiles(Sample.overdrawnFailure).write(below: folder, of: test)
      let names = ["interleaving.json", "interleaving.svg", "report.html", "trace.json"]
      let found = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
      let files = found.filter {
        $0.hasSuffix(".html") || names.contains(($0 as NSString).lastPathComponent)
      }
      #expect(files.map { ($0 as NSString).lastPathComponent } == names, "\(found)")
      #expect(files.allSatisfy { $0.hasPrefix("BankTests/never") })
    }
  }

  @Test func anAnnotationNamesTheFileAndTheLine() throws {
    let failure = Sample.overdrawnFailure
    #expect(Annotation.line(of: failure, [:]) == nil)
    let line = try #require(
      Annotation.line(of: failure, ["GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": "/bank"]))
    #expect(
      line.hasPrefix(
        "::error file=Tests/BankTests/BankTests.swift,line=11,"
          + "title=BankTests/neverOverdrawn()%3A expectation failed::Expectation failed: "),
      "\(line)")
    #expect(line.contains("%0ATask 0.0 checked at Bank.swift:12"))
    #expect(!line.contains("\n") && line.utf8.allSatisfy { $0 < 0x80 })
  }
}
