import Foundation
import InterleaveEngine
import Testing

@testable import Interleave

/// Whose withdrawals come in any order.
private actor Till {
  private var balance = 100

  func withdraw(_ amount: Int) { if balance >= amount { balance -= amount } }
}

/// How many interleavings there are is estimated where not all were run.
@Suite struct InterleavingEstimateTests {
  private func report(
    _ strategy: FuzzConfiguration.StrategyChoice, schedules: Int, seed: UInt64 = 1,
    clients: Int = 4, on tills: Int = 2
  ) async -> FuzzReport {
    await report(strategy, schedules, seed) {
      let tills = (0..<tills).map { _ in Till() }
      await withDiscardingTaskGroup { group in
        for client in 0..<clients {
          group.addTask { await tills[client % tills.count].withdraw(1) }
        }
      }
    }
  }

  private func report(
    _ strategy: FuzzConfiguration.StrategyChoice, _ schedules: Int, _ seed: UInt64,
    _ body: @escaping @Sendable () async -> Void
  ) async -> FuzzReport {
    var configuration = FuzzConfiguration()
    configuration.strategy = strategy
    configuration.schedules = schedules
    configuration.seed = seed
    configuration.corpus = .none
    let outcome = await Fuzzer(configuration).run(named: "estimated", body)
    #expect(outcome.failure == nil)
    return outcome.report
  }

  @Test func aProofSaysTheExactNumber() async {
    let report = await report(.reduction, schedules: .max, clients: 3, on: 3)
    #expect(report.isExhaustive)
    #expect(report.interleavings == nil)
    #expect(report.summary.hasPrefix("all \(grouped(report.distinctInterleavings)) interleavings"))
  }

  #if os(Linux) && arch(x86_64)
    @Test func aSearchThatCameToItsLimitSaysHowFarItIs() async throws {
      let all = await report(.reduction, schedules: .max)
      #expect(all.isExhaustive)
      let exact = Double(all.distinctInterleavings)
      for seed in 1...3 as ClosedRange<UInt64> {
        let part = await report(.reduction, schedules: 500, seed: seed)
        let estimate = try #require(part.interleavings)
        #expect(part.schedules == 500 && !part.isExhaustive)
        #expect(abs(estimate.estimate / exact - 1) < 0.4, "\(estimate) of \(exact)")
        #expect(
          estimate.lowerBound < exact && exact < estimate.upperBound, "\(estimate) of \(exact)")
        #expect(estimate.tried == part.distinctInterleavings)
        #expect("\(part)".contains(estimate.words))
      }
    }

    @Test func theSameSeedSaysTheSameHoweverFastTheMachineIs() async throws {
      let first = await report(.reduction, schedules: 500).interleavings
      let second = await report(.reduction, schedules: 500).interleavings
      #expect(first != nil && first == second)
    }

    @Test func aPortfolioThatGaveTheSearchUpSaysSo() async throws {
      let all = await report(.reduction, schedules: .max)
      let exact = Double(all.distinctInterleavings)
      let part = await report(.portfolio, schedules: 600)
      let estimate = try #require(part.interleavings)
      #expect(estimate.lowerBound < exact && exact < estimate.upperBound, "\(estimate) of \(exact)")
      #expect(estimate.tried == part.distinctInterleavings)
      #expect(!estimate.areOfWholeSteps)
    }
  #endif

  #if os(Linux)
    private func sections(
      _ strategy: FuzzConfiguration.StrategyChoice, schedules: Int, seed: UInt64 = 1
    ) async -> FuzzReport {
      await report(strategy, schedules, seed) {
        let lock = NSLock()
        let tasks = (0..<3).map { _ in Task { for _ in 0..<2 { lock.withLock {} } } }
        for task in tasks { await task.value }
      }
    }

    @Test(.enabled(if: Interruptions.obstacle == nil))
    func aSearchOfPartsOfStepsThatCameToItsLimitSaysHowFarItIs() async throws {
      let all = await sections(.reduction, schedules: .max)
      #expect(all.isExhaustive)
      let exact = Double(all.distinctInterleavings)
      for seed in 1...3 as ClosedRange<UInt64> {
        let part = await sections(.reduction, schedules: 250, seed: seed)
        let estimate = try #require(part.interleavings)
        #expect(!part.isExhaustive && !estimate.areOfWholeSteps)
        #expect(
          estimate.lowerBound < exact && exact < estimate.upperBound, "\(estimate) of \(exact)")
        #expect(estimate.tried > 1 && estimate.tried < part.schedules)
        #expect("\(part)".contains(estimate.words))
      }
    }
  #endif

  @Test(arguments: [.randomWalk, .pct] as [FuzzConfiguration.StrategyChoice])
  func whoSearchesForNoProofIsToldNothing(strategy: FuzzConfiguration.StrategyChoice) async {
    let report = await report(strategy, schedules: 200)
    #expect(report.interleavings == nil)
  }

  // MARK: From walks to a number

  private func walk(
    _ signature: UInt64, oneOf number: Double, limits: ReductionLimits = [],
    mayInterrupt: Bool = false, cameToPoints: Bool = false
  ) -> RunNote {
    RunNote(
      signature: signature, steps: 3, choices: 2, place: 0, limits: limits, isDrawn: true,
      isCancelled: false, isGenerated: false,
      odds: .known(
        InterleavingOdds(uniform: -log(number), byPlace: -log(number), isByPlace: false)),
      mayInterrupt: mayInterrupt, cameToPoints: cameToPoints)
  }

  @Test func walksThatAllSayTheSameLeaveNoDoubt() throws {
    var estimator = InterleavingEstimator()
    for number in 0..<100 as Range<UInt64> { estimator.note(walk(number % 50, oneOf: 1_000)) }
    let estimate = try #require(estimator.estimate)
    #expect(abs(estimate.estimate - 1_000) < 1e-6)
    #expect(estimate.tried == 50 && estimate.schedules == 100)
    #expect(estimate.words == "about 1,000 interleavings, of which 50 were tried (5.0%)")
  }

  @Test func aWalkThatWeighsMuchLeavesMuchDoubt() throws {
    var estimator = InterleavingEstimator()
    for number in 0..<100 as Range<UInt64> { estimator.note(walk(number, oneOf: 1_000)) }
    estimator.note(walk(100, oneOf: 1_000_000))
    let estimate = try #require(estimator.estimate)
    #expect(estimate.words == "in the order of 10^4 interleavings, of which 101 were tried")
  }

  @Test func fewWalksTellNothing() {
    var estimator = InterleavingEstimator()
    for number in 1..<24 as Range<UInt64> { estimator.note(walk(number, oneOf: 100)) }
    #expect(estimator.estimate == nil)
    estimator.note(walk(24, oneOf: 100))
    #expect(estimator.estimate != nil)
  }

  @Test func whatTheRelationDoesNotCoverIsNotCounted() {
    var estimator = InterleavingEstimator()
    for number in 1...50 as ClosedRange<UInt64> { estimator.note(walk(number, oneOf: 100)) }
    estimator.note(walk(51, oneOf: 100, limits: .timers))
    #expect(estimator.estimate == nil)
  }

  @Test func aWalkOfUnknownOddsMakesTheRestNoFairSample() {
    var estimator = InterleavingEstimator()
    for number in 1...50 as ClosedRange<UInt64> { estimator.note(walk(number, oneOf: 100)) }
    var unknown = walk(51, oneOf: 1)
    unknown.odds = .unknown
    estimator.note(unknown)
    #expect(estimator.estimate == nil)
  }

  @Test func whereStepsCanBeInterruptedOnlyWalksOfWholeStepsCount() throws {
    var estimator = InterleavingEstimator()
    for number in 1...50 as ClosedRange<UInt64> {
      estimator.note(walk(number, oneOf: 100))
      estimator.note(walk(number, oneOf: 900, mayInterrupt: true))
    }
    #expect(try #require(estimator.estimate).schedules == 100)
    estimator.note(walk(51, oneOf: 900, mayInterrupt: true, cameToPoints: true))
    estimator.note(
      walk(52, oneOf: 900, limits: .interruptions, mayInterrupt: true, cameToPoints: true))
    let estimate = try #require(estimator.estimate)
    #expect(estimate.schedules == 50 && abs(estimate.estimate - 100) < 1e-6)
    #expect(
      estimate.words == "about 100 interleavings of whole steps, of which 51 were tried (51%)")
  }

  @Test(arguments: [
    (12_345.0, 11_000.0, 13_000.0, "about 12,000"),
    (12_345.0, 6_000.0, 25_000.0, "between 6,000 and 25,000"),
    (12_345.0, 1_000.0, 150_000.0, "in the order of 10^4"),
    (3e20, 2.5e20, 3.5e20, "about 3.0 * 10^20"),
  ])
  func noMoreIsSaidThanIsKnown(mean: Double, lower: Double, upper: Double, words: String) {
    let estimate = FuzzReport.InterleavingEstimate(
      estimate: mean, lowerBound: lower, upperBound: upper, tried: 1, schedules: 100)
    #expect(estimate.words.hasPrefix(words + " interleavings, of which 1 was tried"))
  }
}
