import Interleave

/// What a sound program was said of, if anything.
struct SoundRow: Sendable {
  let program: SoundProgram
  let report: FuzzReport
  /// What was said that is not so; nil where nothing was.
  let alarm: String?

  /// Fuzzes a program, beside a task that yields: some programs have nobody else to meet.
  init(_ program: SoundProgram, schedules: Int, seed: UInt64 = 1) async {
    self.program = program
    var configuration = FuzzConfiguration()
    configuration.schedules = schedules
    configuration.seed = seed
    configuration.corpus = .none
    let outcome = await Fuzzer(configuration).run(named: program.name) {
      async let other: Void = Task.yield()
      try await program.body()
      await other
    }
    report = outcome.report
    if let failure = outcome.failure {
      alarm = "\(failure.kind.rawValue): \(failure.message)"
    } else if !program.escapes, let warning = report.warnings.first {
      alarm = "warning: \(warning)"
    } else if !program.escapes, let escape = report.escapes.first {
      alarm = "escape: \(escape)"
    } else {
      alarm = report.choices == 0 ? "nothing was interleaved" : nil
    }
  }
}

/// Fuzzes all sound programs.
///
/// - Returns: Nothing was said of any.
func showSoundness(schedules: Int) async -> Bool {
  var alarms = 0
  for program in SoundProgram.all {
    let row = await SoundRow(program, schedules: program.escapes ? schedules / 50 : schedules)
    guard let alarm = row.alarm else { continue }
    alarms += 1
    print("false alarm: \(program.name): \(alarm)")
  }
  print("\(SoundProgram.all.count) sound programs, \(alarms) false alarms")
  return alarms == 0
}
