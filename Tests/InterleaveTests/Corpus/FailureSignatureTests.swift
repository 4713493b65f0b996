import Interleave
import Testing

@Suite struct FailureSignatureTests {
  private func signature(
    _ kind: FuzzFailure.Kind, _ message: String, line: Int? = nil
  ) -> FailureSignature {
    let location = line.map {
      FuzzFailure.SourceLocation(
        fileID: "T/Bank.swift", filePath: "/p/Bank.swift", line: $0, column: 1)
    }
    return FailureSignature(
      of: FuzzFailure(kind: kind, message: message, sourceLocation: location))
  }

  @Test func linesAndValuesDoNotMatter() {
    #expect(signature(.invariant, "was -60", line: 5) == signature(.invariant, "was -1", line: 9))
    #expect(
      signature(.deadlock, "task 0.1 waits for task 0.2\nmore")
        == signature(.deadlock, "task 0.2 waits for task 0.13"))
  }

  @Test func kindAndPlaceMatter() {
    #expect(signature(.invariant, "", line: 5) != signature(.expectation, "", line: 5))
    #expect(signature(.invariant, "a", line: 5) != signature(.invariant, "a"))
    #expect(signature(.thrownError, "NoMoney") != signature(.thrownError, "NoAccount"))
    #expect(signature(.deadlock, "task 0.1 waits").place == "task # waits")
  }

  @Test func anEntryNamesFilesFromThePackage() {
    let failure = FuzzFailure(
      kind: .expectation, message: "m",
      sourceLocation: .init(fileID: "T/T.swift", filePath: "/p/Tests/T.swift", line: 3, column: 1),
      inputs: ["1"], seed: 9)
    let entry = CorpusEntry(of: failure, in: bankTest, choices: [[4]], packageRoot: "/p")
    #expect(entry.location == .init(file: "Tests/T.swift", line: 3))
    #expect(entry.signature == FailureSignature(kind: .expectation, place: "T/T.swift"))
    #expect(entry.inputs == ["1"] && entry.choices == [[4]] && entry.seed == 9)
    #expect(entry.kind == .expectation && entry.message == "m" && entry.words.isEmpty)
  }
}
