import Foundation
import Interleave
import InterleaveBugs

/// What crashes and hangs, and what becomes of it: one row for each kind.
///
/// - Returns: Each was found, said as it is, made as small as it can be, kept and replayed,
///   and its mended twin passes; and isolation costs next to nothing.
func showTrust() async throws -> Bool {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "interleave-trust-\(ProcessInfo.processInfo.processIdentifier)").path
  defer { try? FileManager.default.removeItem(atPath: folder) }
  var table = MarkdownTable(
    "program", "kind", "found", "message", "preemptions", "kept", "replayed", "mended passes", "s")
  var isTrue = true
  for program in StopProgram.all {
    let row = await TrustRow(program, folder: folder)
    row.add(to: &table)
    isTrue = isTrue && row.isTrue
  }
  print(table)
  print()
  let isSmall = await measureIsolation()
  return isTrue && isSmall
}

/// What becomes of one program.
private struct TrustRow {
  let program: StopProgram
  let failure: FuzzFailure?
  let replayed: FuzzFailure?
  let mendedPasses: Bool
  let seconds: Double

  init(_ program: StopProgram, folder: String) async {
    self.program = program
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.schedules = 500
    configuration.corpus = .at(folder)
    configuration.hangLimit = .milliseconds(500)
    let fuzzer = Fuzzer(configuration)
    let clock = ContinuousClock()
    let start = clock.now
    failure = await fuzzer.run(named: program.name, program.body).failure
    seconds = (clock.now - start) / .seconds(1)
    replayed = await fuzzer.run(named: program.name, program.body).failure
    mendedPasses = await fuzzer.run(named: program.name, program.mended).failure == nil
  }

  private var isFound: Bool { failure?.kind.rawValue == program.kind.rawValue }
  private var isSaid: Bool {
    program.message.isEmpty || failure?.message.contains(program.message) == true
  }
  private var isKept: Bool { failure?.corpusFile != nil }
  private var isReplayed: Bool {
    isKept && replayed?.corpusFile == failure?.corpusFile && replayed?.kind == failure?.kind
  }

  var isTrue: Bool {
    isFound && isSaid && failure?.interleaving.preemptions == 1 && isKept && isReplayed
      && mendedPasses
  }

  func add(to table: inout MarkdownTable) {
    let preemptions = failure.map { "\($0.interleaving.preemptions)" } ?? ""
    table.add(
      program.name, program.kind.rawValue, yes(isFound), yes(isSaid), preemptions, yes(isKept),
      yes(isReplayed), yes(mendedPasses), seconds.fixed(1))
  }

  private func yes(_ holds: Bool) -> String { holds ? "yes" : "NO" }
}
