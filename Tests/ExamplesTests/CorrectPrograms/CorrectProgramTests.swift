import Interleave
import Testing

/// No false alarms: programs that are correct pass under every schedule.
///
/// Few schedules are run here; `INTERLEAVE_SCHEDULES=10000 swift test -c release
/// --filter CorrectProgramTests` runs many.
@Suite struct CorrectProgramTests {
  @Test(arguments: CorrectProgram.all)
  func aCorrectProgramPassesUnderEverySchedule(program: CorrectProgram) async throws {
    var configuration = FuzzConfiguration()
    configuration.schedules = 300
    configuration.seed = 1
    configuration.corpus = .none
    switch await Fuzzer(configuration).run(named: program.name, program.body) {
    case .failed(let failure, _):
      Issue.record("\(failure)")
    case .passed(let report):
      #expect(report.choices > 0)
      #expect(report.distinctInterleavings > 1)
      #expect(report.escapes == [])
      #expect(report.warnings == [])
    }
  }

  @Test func thereAreManyOfThem() {
    #expect(CorrectProgram.all.count >= 20)
    #expect(Set(CorrectProgram.all.map(\.name)).count == CorrectProgram.all.count)
  }
}
