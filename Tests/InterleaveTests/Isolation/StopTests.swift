import Foundation
import InterleaveBugs
import Testing

@testable import Interleave

/// Steps that crash or hang are failures as any other.
@Suite(.enabled(if: !fixturesAreEnabled)) struct StopTests {
  private func fuzz(
    _ program: StopProgram, in folder: String, mended: Bool = false,
    _ configure: (inout FuzzConfiguration) -> Void = { _ in }
  ) async -> FuzzOutcome {
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.schedules = 300
    configuration.hangLimit = .milliseconds(400)
    configuration.corpus = .at(folder)
    configure(&configuration)
    return await Fuzzer(configuration).run(
      named: program.name, mended ? program.mended : program.body)
  }

  private func expect(
    _ failure: FuzzFailure, of program: StopProgram,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      failure.kind.rawValue == program.kind.rawValue, "\(failure)", sourceLocation: sourceLocation)
    #expect(
      program.message.isEmpty || failure.message.contains(program.message), "\(failure)",
      sourceLocation: sourceLocation)
    #expect(failure.interleaving.preemptions == 1, "\(failure)", sourceLocation: sourceLocation)
    #expect(
      failure.sourceLocation?.filePath.contains("InterleaveBugs") == true, "\(failure)",
      sourceLocation: sourceLocation)
  }

  @Test(arguments: StopProgram.all.map(\.name))
  func isFoundShrunkKeptAndReplayed(name: String) async throws {
    let program = try #require(StopProgram.named(name))
    try await withTemporaryFolder { folder in
      let outcome = await fuzz(program, in: folder)
      let failure = try #require(outcome.failure, "\(outcome)")
      expect(failure, of: program)
      let file = try #require(failure.corpusFile, "\(failure)")
      let again = await fuzz(program, in: folder) { $0.schedules = 1 }
      let replayed = try #require(again.failure, "\(again)")
      expect(replayed, of: program)
      #expect(replayed.corpusFile == file)
      #expect(again.report.replayed == 1)
      #expect(again.report.schedules == 0)
      let mended = await fuzz(program, in: folder, mended: true)
      #expect(mended.failure == nil, "\(mended)")
      #expect(mended.report.replayed == 1)
    }
  }
}
