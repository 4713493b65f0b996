import Foundation
import Interleave
import InterleaveBugs

/// What crashes and hangs, and what becomes of it: one row for each kind.
///
/// - Returns: Each was found, said as it is, made as small as it can be, kept and replayed,
///   its mended twin passes, and what went on beside it was not disturbed; and isolation costs
///   next to nothing.
func showTrust() async throws -> Bool {
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "interleave-trust-\(ProcessInfo.processInfo.processIdentifier)").path
  defer { try? FileManager.default.removeItem(atPath: folder) }
  var table = MarkdownTable(TrustRow.header)
  var isTrue = true
  for program in StopProgram.all {
    let row = await TrustRow(program, folder: folder)
    table.add(row.cells)
    isTrue = isTrue && row.isTrue
  }
  print(table)
  let cost = await IsolationCost()
  print("\n\(cost)")
  return isTrue && cost.isSmall
}

/// What isolation costs while nothing crashes: runs per second with and without, by turns.
private struct IsolationCost: CustomStringConvertible {
  private static let rounds = 21
  private static let runs = 6_000
  /// The most that it may cost, in percent.
  private static let most = 3.0

  private var ratios: [Double] = []

  init() async {
    for round in 0..<Self.rounds {
      let modes: [FuzzConfiguration.Isolation] =
        round.isMultiple(of: 2) ? [.none, .automatic] : [.automatic, .none]
      var seconds: [FuzzConfiguration.Isolation: Double] = [:]
      for mode in modes { seconds[mode] = await Self.time(mode) }
      ratios.append((seconds[.automatic] ?? 0) / (seconds[.none] ?? 1))
    }
  }

  private static func time(_ isolation: FuzzConfiguration.Isolation) async -> Double {
    var configuration = FuzzConfiguration()
    configuration.schedules = runs
    configuration.seed = 1
    configuration.corpus = .none
    configuration.isolation = isolation
    let clock = ContinuousClock()
    let start = clock.now
    let program = Withdrawals.fourByFive
    _ = await Fuzzer(configuration).run(named: "cost") { _ = await program.run() }
    return (clock.now - start) / .seconds(1)
  }

  private var percent: Double { (Sample(ratios).median - 1) * 100 }
  var isSmall: Bool { percent <= Self.most }

  var description: String {
    "isolation costs \(percent.fixed(1)) % of the time of a campaign in which nothing crashes "
      + "(median of \(Self.rounds) pairs; at most \(Self.most.fixed(0)) % is allowed)"
  }
}
