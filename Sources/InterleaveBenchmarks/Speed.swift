/// Measures runs per second, each way in turn, in rounds.
///
/// The native runtime is given its best: it is measured from a detached task, so
/// that no hop goes by way of the main thread, and once more from the main actor,
/// where a test would be.
func measureSpeed() async throws -> Bool {
  var table = MarkdownTable(
    "program", "how", "runs/s, median", "least", "most", "µs/step", "against native",
    "processor, µs/run")
  for program in [Withdrawals.fourByFive, .twoByOne] {
    let contest = SpeedContest(program: program)
    try await contest.run()
    contest.report(in: &table)
  }
  print(table)
  return true
}

/// One program, run in several ways by turns.
final class SpeedContest {
  enum Way: String, CaseIterable {
    case detached = "native, from a detached task"
    case main = "native, from the main actor"
    case machine = "controlled, one thread, random walk"
    case fuzzer = "controlled, by the public `Fuzzer`"
  }

  private static let rounds = 9
  /// How long a way is measured in each round, in seconds.
  private static let turn = 0.4

  private let program: Withdrawals
  private var speeds: [Way: [Double]] = [:]
  /// Processor time of each run, in microseconds: what other processes do counts less there.
  private var costs: [Way: [Double]] = [:]
  private var stepsPerRun = 0.0

  init(program: Withdrawals) {
    self.program = program
  }

  func run() async throws {
    var counts: [Way: Int] = [:]
    for way in Way.allCases {
      let trial = 2_000
      counts[way] = max(100, Int(Double(trial) / (try await time(way, trial)) * Self.turn))
    }
    for _ in 0..<Self.rounds {
      for way in Way.allCases {
        let count = counts[way] ?? 1
        let began = processorTime()
        speeds[way, default: []].append(Double(count) / (try await time(way, count)))
        costs[way, default: []].append((processorTime() - began) * 1_000_000 / Double(count))
      }
    }
  }

  /// What a way costs against another one, by processor time, each round by itself.
  func cost(of way: Way, against other: Way) -> Double {
    Sample(zip(costs[way] ?? [], costs[other] ?? []).map { $0 / $1 }).median
  }

  func report(in table: inout MarkdownTable) {
    let native = Sample(speeds[.detached] ?? []).median
    for way in Way.allCases {
      let sample = Sample(speeds[way] ?? [])
      let isControlled = way == .machine || way == .fuzzer
      table.add(
        program.name, way.rawValue, sample.median.fixed(0), sample.least.fixed(0),
        sample.most.fixed(0),
        isControlled ? (1_000_000 / sample.median / stepsPerRun).fixed(3) : "",
        (sample.median / native).fixed(2) + "×", Sample(costs[way] ?? []).median.fixed(1))
    }
  }

  /// The time that so many runs take, in seconds.
  private func time(_ way: Way, _ count: Int) async throws -> Double {
    let program = program
    let clock = ContinuousClock()
    let start = clock.now
    switch way {
    case .detached: await Task.detached { await program.runNatively(count) }.value
    case .main: await Self.onMainActor(program, count)
    case .machine: stepsPerRun = Double(try program.runOnMachine(count)) / Double(count)
    case .fuzzer: _ = await program.runByFuzzer(count, .portfolioAlone)
    }
    return (clock.now - start) / .seconds(1)
  }

  @MainActor private static func onMainActor(_ program: Withdrawals, _ count: Int) async {
    for _ in 0..<count { _ = await program.run() }
  }
}
