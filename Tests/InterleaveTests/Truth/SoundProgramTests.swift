import Interleave
import Testing

@testable import InterleaveBenchmarks

/// No false alarms: programs that are sound pass under every schedule, and nothing is said of them.
///
/// `swift run -c release InterleaveBenchmarks truth sound` runs 10,000 schedules of each.
@Suite struct SoundProgramTests {
  @Test(arguments: SoundProgram.all)
  func nothingIsSaidOfASoundProgram(program: SoundProgram) async {
    let row = await SoundRow(program, schedules: program.escapes ? 10 : 200)
    #expect(row.alarm == nil)
    #expect(program.escapes || row.report.distinctInterleavings > 1)
  }

  @Test func theyAreMany() {
    #expect(SoundProgram.all.count >= 70)
    #expect(Set(SoundProgram.all.map(\.name)).count == SoundProgram.all.count)
  }
}
