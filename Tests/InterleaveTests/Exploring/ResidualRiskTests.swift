import InterleaveEngine
import Testing

@testable import Interleave

@Suite struct ResidualRiskTests {
  // MARK: Against what is known of programs

  /// Tasks that visit an actor.
  struct Crowd: Sendable, CustomStringConvertible {
    var tasks: Int
    var visits: Int

    var description: String { "\(tasks) tasks with \(visits) visits" }

    var body: @Sendable () async -> Void {
      { [self] in
        let log = Log()
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<tasks {
            group.addTask { for _ in 0..<visits { await log.append() } }
          }
        }
      }
    }
  }

  /// The classes of the runs of a strategy.
  private func draws(
    _ count: Int, of crowd: Crowd, _ strategy: any Strategy, seed: UInt64, _ machine: Machine
  ) -> [UInt64] {
    (0..<count).map { index in
      let start = RunStart(index: index, seed: SplitMix64.seed(seed, stream: UInt64(index)))
      _ = machine.run(strategy, start) { Task { await crowd.body() } }
      defer { machine.finish() }
      return machine.signature
    }
  }

  /// All interleavings of a program, each tried once.
  private func interleavings(of crowd: Crowd, _ machine: Machine) -> Set<UInt64> {
    let search = Reduction()
    var all: Set<UInt64> = []
    while search.advance() {
      _ = machine.run(search, RunStart(index: 0, seed: 0)) { Task { await crowd.body() } }
      search.learn(from: machine)
      if !search.wasBlocked { all.insert(machine.signature) }
      machine.finish()
    }
    return search.isExhausted ? all : []
  }

  #if DEBUG
    static let crowds = [
      (Crowd(tasks: 2, visits: 1), 22), (Crowd(tasks: 2, visits: 2), 160),
      (Crowd(tasks: 3, visits: 1), 1686),
    ]
  #else
    // The optimiser leaves out hops, and with them interleavings.
    static let crowds = [
      (Crowd(tasks: 2, visits: 1), 10), (Crowd(tasks: 2, visits: 2), 10),
      (Crowd(tasks: 3, visits: 1), 246),
    ]
  #endif

  @Test(arguments: crowds, ["randomWalk", "pos", "urw"])
  func theEstimateIsCalibratedOnPrograms(
    program: (crowd: Crowd, interleavings: Int), name: String
  ) async throws {
    let crowd = program.crowd
    let choice = try #require(
      FuzzConfiguration.StrategyChoice.named.first { $0.name == name })
    let (all, error, covered, trials) = try await onMachine { machine in
      let all = interleavings(of: crowd, machine)
      let samples = (0..<40).map {
        draws(150, of: crowd, choice.make(), seed: UInt64($0), machine)
      }
      var error = 0.0
      var covered = 0
      for (number, sample) in samples.enumerated() {
        var estimator = RiskEstimator()
        for (index, signature) in sample.enumerated() {
          estimator.draw(signature, group: index)
        }
        guard let risk = estimator.risk else { continue }
        let seen = Set(sample)
        // How often the draws of all other samples are of what this one lacks.
        let others = samples.enumerated().filter { $0.offset != number }.flatMap(\.element)
        let truth = Double(others.count { !seen.contains($0) }) / Double(others.count)
        error += (risk.estimate - truth) / Double(samples.count)
        covered += truth <= risk.upperBound ? 1 : 0
      }
      return (all.count, error, covered, samples.count)
    }
    #expect(all == program.interleavings)
    #expect(abs(error) < 0.02, "the mean error is \(error)")
    #expect(covered >= trials - 3)
  }

  private func onMachine<Value: Sendable>(
    _ body: @escaping @Sendable (Machine) throws -> Value
  ) async throws -> Value {
    try await Task(executorPreference: MachineThread()) {
      try body(try Machine(settings: MachineSettings()))
    }.value
  }

  // MARK: In campaigns

  private func report(
    tasks: Int, visits: Int = 1, schedules: Int = 5_000, seed: UInt64 = 1,
    _ configure: (inout FuzzConfiguration) -> Void = { _ in }
  ) async -> FuzzReport {
    let crowd = Crowd(tasks: tasks, visits: visits)
    return await fuzzed(schedules: schedules, seed: seed, configure) { await crowd.body() }.report
  }

  @Test func aCampaignThatPassesTellsTheRisk() async throws {
    let report = await report(tasks: 3, schedules: 300)
    let risk = try #require(report.residualRisk)
    #expect(risk.estimate > 0)
    #expect(risk.upperBound > risk.estimate)
    #expect(risk.schedules < 300, "the baseline and its delays were not drawn")
    #expect(report.ending == .schedules)
    let line = try #require("\(report)".split(separator: "\n").first { $0.contains("risk") })
    #expect(line.contains("an unseen interleaving with a probability of"), "\(line)")
  }

  @Test(.unoptimised, arguments: [1, 2, 3] as [UInt64])
  func aSmallSpaceIsLeftEarlierThanALargeOne(seed: UInt64) async throws {
    var schedules: [Int] = []
    for (tasks, visits) in [(2, 1), (2, 2), (3, 1)] {
      let report = await report(tasks: tasks, visits: visits, schedules: 2_000, seed: seed) {
        $0.strategy = .randomWalk
        $0.until = .risk(below: 0.05)
      }
      schedules.append(report.schedules)
    }
    #expect(schedules[0] < schedules[1])
    #expect(schedules[1] < schedules[2])
  }

  @Test func theReportTellsThatTheRuleEndedIt() async throws {
    let report = await report(tasks: 2) {
      $0.strategy = .randomWalk
      $0.until = .risk(below: 0.05)
    }
    #expect(report.ending == .risk(below: 0.05))
    #expect(try #require(report.residualRisk).upperBound < 0.05)
    #expect("\(report)".contains("ended when the residual risk was below 5.0%"), "\(report)")
  }

  @Test func theNumberOfSchedulesStaysTheLimit() async {
    let report = await report(tasks: 4, schedules: 60) { $0.until = .risk(below: 0.001) }
    #expect(report.ending == .schedules)
    #expect(report.schedules == 60)
  }

  @Test func whereAllWasRunThereIsNoRisk() async {
    for strategy in [FuzzConfiguration.StrategyChoice.depthFirst, .reduction] {
      let report = await report(tasks: 2) { $0.strategy = strategy }
      #expect(report.isExhaustive)
      #expect(report.residualRisk == nil)
      #expect(report.ending == .exhaustion)
    }
  }

  @Test func aSearchThatWasNotFinishedIsNoSample() async {
    let report = await report(tasks: 4, schedules: 50) { $0.strategy = .depthFirst }
    #expect(!report.isExhaustive)
    #expect(report.residualRisk == nil)
  }

  @Test func aFailureEndsACampaignWithoutAnEstimate() async {
    let report = await fuzzed {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      if await bank.balance < 0 { throw Overdrawn() }
    }.report
    #expect(report.ending == .failure)
    #expect(report.residualRisk == nil)
  }

  private struct Overdrawn: Error {}

  @Test func withGeneratedInputsTheyArePartOfWhatIsUnseen() async throws {
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.corpus = .none
    configuration.schedules = 1_600
    configuration.strategy = .randomWalk
    let fuzzer = Fuzzer(configuration)
    let body: @Sendable () async -> Void = Crowd(tasks: 2, visits: 1).body
    let few = await fuzzer.run(named: "few", over: .bool) { _ in await body() }.report
    let million = Generator<Int>.int(in: 0...1_000_000)
    let many = await fuzzer.run(named: "many", over: million, million) { _, _ in
      await body()
    }.report
    let (fewRisk, manyRisk) = (try #require(few.residualRisk), try #require(many.residualRisk))
    #expect(few.distinctInterleavings == many.distinctInterleavings)
    #expect(fewRisk.estimate < 0.05)
    #expect(manyRisk.estimate > 0.9)
    #expect("\(many)".contains("an unseen pair of input and interleaving"), "\(many)")
  }
}
