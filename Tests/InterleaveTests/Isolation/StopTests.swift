import InterleaveBugs
import Testing

@testable import InterleaveBenchmarks

/// Steps that crash or hang are failures as any other.
///
/// Each test is a row of the table that `InterleaveBenchmarks trust` prints: what is asserted
/// is what the row itself says.
@Suite(.enabled(if: !fixturesAreEnabled)) struct StopTests {
  @Test(arguments: StopProgram.all.map(\.name))
  func isFoundShrunkKeptAndReplayedAndDisturbsNobody(name: String) async throws {
    let program = try #require(StopProgram.named(name))
    try await withTemporaryFolder { folder in
      let row = await TrustRow(program, folder: folder)
      // Where an endless loop is stopped is sampled, and a sample may miss the innermost function:
      // the replay then names another place.
      withKnownIssue(isIntermittent: true) {
        #expect(row.isTrue, "\(row)")
      } when: {
        name == "endlessLoop"
      }
    }
  }

  @Test func eachKindHasARow() {
    #expect(StopProgram.all.count == 22)
    #expect(Set(StopProgram.all.map(\.name)).count == 22)
  }
}
