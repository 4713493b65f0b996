import Dispatch
import Interleave
import InterleaveEngine

/// Runs one after the other, natively, on the bare machine, and by ``Fuzzer``.
extension Withdrawals {
  enum Way: String, CaseIterable {
    case native
    case machine = "the bare machine"
    case portfolio = "`Fuzzer`, the portfolio alone"
    case fuzzer = "`Fuzzer`, default settings"
  }

  /// Runs in one of these ways.
  ///
  /// - Returns: The number of steps of all runs; natively none is known of.
  func run(_ count: Int, _ way: Way) async throws -> Int {
    switch way {
    case .native:
      await Task.detached { await runNatively(count) }.value
      return 0
    case .machine: return try runOnMachine(count)
    case .portfolio: return await runByFuzzer(count, .portfolioAlone)
    case .fuzzer: return await runByFuzzer(count)
    }
  }

  func runNatively(_ count: Int) async {
    for _ in 0..<count { _ = await run() }
  }

  /// Runs as a random walk, on a machine of its own.
  ///
  /// - Returns: The number of steps of all runs.
  func runOnMachine(_ count: Int) throws -> Int {
    let machine = try Machine(settings: MachineSettings())
    let walk = RandomWalk()
    var steps = 0
    for index in 0..<count {
      let start = RunStart(index: index, seed: UInt64(index))
      let end = machine.run(walk, start) { Task { await run() } }
      precondition(end == .clean, "a run of the bank ended \(end)")
      steps += machine.stepCount
      machine.finish()
    }
    return steps
  }

  /// Runs as a campaign of so many schedules.
  ///
  /// - Parameter strategy: Nil for the default, which searches for a proof, too, and ends with it.
  /// - Returns: The number of steps of all runs.
  func runByFuzzer(_ count: Int, _ strategy: FuzzConfiguration.StrategyChoice? = nil) async -> Int {
    var configuration = FuzzConfiguration()
    configuration.schedules = count
    if let strategy { configuration.strategy = strategy }
    configuration.seed = 1
    configuration.corpus = .none
    // What another process does is not seen in this one.
    configuration.isolation = .none
    let outcome = await Fuzzer(configuration).run(named: "withdrawals") { _ = await run() }
    guard case .passed(let report) = outcome, report.schedules == count else {
      preconditionFailure("the bank did not run as often as it was to: \(outcome)")
    }
    return report.steps
  }
}

/// Runs in a process that does nothing else, for its instructions to be counted: see `.ci/instructions`.
extension Withdrawals {
  static let command = "withdrawals"

  /// Runs four tasks of five withdrawals in one of several ways, and waits for that.
  ///
  /// Valgrind does not bear it that the main thread ends and leaves the process to others, as that of
  /// a program does that is asynchronous.
  ///
  /// - Parameter arguments: The name of the way, and the number of runs.
  /// - Returns: They could be understood.
  static func runAlone(_ arguments: [String]) -> Bool {
    guard arguments.count == 2, let count = Int(arguments[1]), count > 0,
      let way = Way.allCases.first(where: { "\($0)" == arguments[0] })
    else { return false }
    let done = DispatchSemaphore(value: 0)
    Task.detached {
      do { _ = try await fourByFive.run(count, way) } catch { fatalError("\(error)") }
      done.signal()
    }
    done.wait()
    return true
  }
}

extension FuzzConfiguration.StrategyChoice {
  /// The portfolio without the search for a proof, with which a campaign would end before its time.
  static var portfolioAlone: Self { .custom("portfolio") { Portfolio() } }
}
