// In release builds other lines are told, as far as the compiler leaves any.
#if DEBUG
  import Foundation
  import Interleave
  import Testing

  /// The reports of failures of each kind, letter by letter.
  ///
  /// With `TESTS_WRITE_GOLDEN=1` the files are written in place of being compared.
  @Suite struct GoldenTests {
    private static var folder: String {
      URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden").path
    }

    private static func path(of program: GoldenProgram) -> String {
      "\(folder)/\(program.name.replacing(" ", with: "-")).txt"
    }

    @Test(arguments: GoldenProgram.all) func theReportIsTheOneThatIsKept(
      program: GoldenProgram
    ) async throws {
      var configuration = FuzzConfiguration()
      configuration.schedules = 1_000
      configuration.seed = 1
      configuration.corpus = .none
      program.configure(&configuration)
      let outcome = await program.run(Fuzzer(configuration), program.name)
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.kind == program.kind, "\(failure)")
      let text = failure.asciiText(width: 100) + "\n"
      #expect(text.utf8.allSatisfy { $0 == 10 || (32..<127).contains($0) }, "\(text)")
      let path = Self.path(of: program)
      if ProcessInfo.processInfo.environment["TESTS_WRITE_GOLDEN"] != nil {
        return try text.write(toFile: path, atomically: true, encoding: .utf8)
      }
      let kept = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text == kept, "\(path)")
    }

    @Test func noFileIsKeptForNothing() throws {
      let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
      let programs = GoldenProgram.all.map { Self.path(of: $0) }
      #expect(files.map { "\(Self.folder)/\($0)" }.sorted() == programs.sorted())
    }
  }
#endif
