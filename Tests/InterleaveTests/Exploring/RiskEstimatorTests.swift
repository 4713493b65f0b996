import InterleaveEngine
import Testing

@testable import Interleave

@Suite struct RiskEstimatorTests {
  private func estimate(
    _ classes: [UInt64], noted: [UInt64] = []
  ) -> FuzzReport.ResidualRisk? {
    var estimator = RiskEstimator()
    for signature in noted { estimator.note(signature) }
    for (index, signature) in classes.enumerated() { estimator.draw(signature, group: index) }
    return estimator.risk
  }

  @Test func withoutASampleThereIsNoEstimate() {
    #expect(estimate([]) == nil)
    #expect(estimate([], noted: [1, 2, 3]) == nil)
  }

  @Test func theEstimateIsThePartThatWasSeenOnce() throws {
    let risk = try #require(estimate([1, 2, 2, 3, 3, 3, 4, 5, 5, 5]))
    #expect(risk.estimate == 0.2)
    #expect(risk.schedules == 10)
    #expect(!risk.includesInputs)
  }

  @Test func whatWasSeenOtherwiseIsNotNewAndNoPartOfTheSample() throws {
    let risk = try #require(estimate([1, 2, 3, 4], noted: [1, 9]))
    #expect(risk.estimate == 0.75)
    #expect(risk.schedules == 4)
  }

  @Test func whatIsSeenOtherwiseLaterIsNotSeenOnceAnyMore() throws {
    var estimator = RiskEstimator()
    for signature in 0..<4 { estimator.draw(UInt64(signature), group: signature) }
    estimator.note(3)
    estimator.note(3)
    #expect(estimator.risk?.estimate == 0.75)
  }

  @Test(arguments: [(100, 0.027), (271, 0.01), (1000, 0.0027)])
  func whereNothingIsNewTheBoundShrinksWithTheSample(schedules: Int, bound: Double) throws {
    let risk = try #require(estimate(Array(repeating: 1, count: schedules), noted: [1]))
    #expect(risk.estimate == 0)
    #expect(abs(risk.upperBound - bound) < bound / 50)
  }

  @Test func theRuleEndsACampaignOnceTheBoundIsBelowIt() throws {
    let rule = FuzzConfiguration.StopRule.risk(below: 0.01)
    #expect(!rule.isMet(by: nil))
    #expect(!rule.isMet(by: estimate(Array(repeating: 1, count: 270), noted: [1])))
    #expect(rule.isMet(by: estimate(Array(repeating: 1, count: 271), noted: [1])))
  }

  // MARK: Generated inputs

  @Test func schedulesOfOneInputAreNoIndependentDraws() throws {
    var estimator = RiskEstimator(includesInputs: true)
    // Every input shows one class of its own, again and again.
    for schedule in 0..<160 { estimator.draw(UInt64(schedule / 16), group: schedule / 16) }
    let risk = try #require(estimator.risk)
    #expect(risk.estimate == 1)
    #expect(risk.upperBound == 1)
    #expect(risk.includesInputs)
  }

  @Test func aClassThatTwoInputsShowIsNotSeenOnce() throws {
    var estimator = RiskEstimator(includesInputs: true)
    for schedule in 0..<1600 { estimator.draw(UInt64(schedule / 16 % 10), group: schedule / 16) }
    let risk = try #require(estimator.risk)
    #expect(risk.estimate == 0)
    // 100 draws, however many schedules each of them had.
    #expect(abs(risk.upperBound - 0.027) < 0.001)
  }

  // MARK: Known distributions

  /// Classes with known probabilities.
  struct Population: Sendable, CustomStringConvertible {
    let description: String
    private let probabilities: [Double]
    /// The probability of each class and of all before it.
    private let sums: [Double]

    init(_ description: String, _ weights: [Double]) {
      self.description = description
      let total = weights.reduce(0, +)
      probabilities = weights.map { $0 / total }
      var sum = 0.0
      sums = probabilities.map { probability in
        sum += probability
        return sum
      }
    }

    static let all = [
      Population("10 alike", .init(repeating: 1, count: 10)),
      Population("300 alike", .init(repeating: 1, count: 300)),
      Population("5,000 alike", .init(repeating: 1, count: 5000)),
      Population("halving", (1...40).map { Double(UInt64(1) << (40 - $0)) }),
      Population("harmonic", (1...2000).map { 1 / Double($0) }),
    ]

    /// Draws until there are enough, or a rule is met.
    ///
    /// - Returns: The estimate, and the true probability of what was not drawn.
    func sample(
      _ size: Int, until rule: FuzzConfiguration.StopRule? = nil, seed: UInt64
    ) -> (risk: FuzzReport.ResidualRisk?, truth: Double) {
      var random = SplitMix64(seed: seed)
      var estimator = RiskEstimator()
      var unseen = probabilities
      for draw in 0..<size {
        let index = index(of: Double(random.next() >> 11) * 0x1p-53)
        unseen[index] = 0
        estimator.draw(UInt64(index), group: draw)
        if rule?.isMet(by: estimator.risk) == true { break }
      }
      return (estimator.risk, unseen.reduce(0, +))
    }

    private func index(of point: Double) -> Int {
      var range = 0..<sums.count - 1
      while !range.isEmpty {
        let middle = (range.lowerBound + range.upperBound) / 2
        range =
          sums[middle] <= point ? middle + 1..<range.upperBound : range.lowerBound..<middle
      }
      return range.lowerBound
    }
  }

  @Test(arguments: Population.all, [100, 1000])
  func theEstimateIsCalibrated(population: Population, size: Int) throws {
    var error = 0.0
    var covered = 0
    let trials = 200
    for seed in 0..<trials {
      let (risk, truth) = population.sample(size, seed: UInt64(seed))
      let known = try #require(risk)
      error += (known.estimate - truth) / Double(trials)
      covered += truth <= known.upperBound ? 1 : 0
    }
    // Three standard errors of a mean over so many trials.
    #expect(abs(error) < 0.15 / Double(size).squareRoot(), "the mean error is \(error)")
    #expect(covered >= trials * 93 / 100, "\(covered) of \(trials) are below the bound")
  }

  /// The rule is asked after every schedule, so it might end a campaign at a lucky moment.
  @Test(arguments: [Population.all[0], Population.all[1], Population.all[3]], [0.05, 0.01])
  func whereTheRuleEndsACampaignTheRiskIsBelowIt(population: Population, limit: Double) throws {
    var met = 0
    var covered = 0
    let trials = 200
    for seed in 0..<trials {
      let (risk, truth) = population.sample(
        8_000, until: .risk(below: limit), seed: UInt64(1_000 + seed))
      met += try #require(risk).upperBound < limit ? 1 : 0
      covered += truth <= limit ? 1 : 0
    }
    #expect(met == trials)
    #expect(covered >= trials * 90 / 100, "\(covered) of \(trials) are below the limit")
  }
}
