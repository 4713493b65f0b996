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
      #expect(row.isTrue, "\(row)")
    }
  }

  @Test func eachKindHasARow() {
    #expect(StopProgram.all.count == 22)
    #expect(Set(StopProgram.all.map(\.name)).count == 22)
  }
}
