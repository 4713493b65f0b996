import Testing

@testable import InterleaveEngine

/// When a run is fair to all who wait in it.
@Suite struct FairnessTests {
  /// Looks at a run as often as it has come to the next look, up to a number of steps.
  private func look(
    _ fairness: inout Fairness, upTo steps: Int, instant: Int64 = 0, isPolling: Bool,
    hasTimers: Bool = true, isUnfair: Bool
  ) {
    while fairness.nextLook <= steps {
      fairness.note(
        steps: fairness.nextLook, instant: instant, isPolling: isPolling, hasTimers: hasTimers,
        isUnfair: isUnfair)
    }
  }

  @Test func aRunInWhichNobodyPollsIsLeftAlone() {
    var fairness = Fairness(stepLimit: 100_000)
    look(&fairness, upTo: 74_999, isPolling: false, isUnfair: true)
    #expect(fairness.end == 0)
    #expect(!fairness.letsTimePass)
  }

  @Test func aRunInWhichAllWhoPollGetTheirTurnsIsLeftAlone() {
    var fairness = Fairness(stepLimit: 100_000)
    look(&fairness, upTo: 24_999, isPolling: true, isUnfair: false)
    #expect(fairness.end == 0)
  }

  @Test func whoPollsKeepsNobodyOutForLong() {
    var fairness = Fairness(stepLimit: 100_000)
    look(&fairness, upTo: 1_000, isPolling: true, isUnfair: true)
    #expect(fairness.end == 2_000)
    look(&fairness, upTo: 2_000, isPolling: true, isUnfair: true)
    #expect(fairness.end == 4_000, "twice as long")
  }

  @Test func nearTheLimitARunIsFairToTheEnd() {
    var fairness = Fairness(stepLimit: 10_000)
    look(&fairness, upTo: 7_499, isPolling: false, isUnfair: true)
    #expect(fairness.end == 0)
    look(&fairness, upTo: 7_500, isPolling: false, isUnfair: true)
    #expect(fairness.end == .max)
  }

  @Test func aShortLimitIsNeverMissed() {
    for limit in 1...9 {
      var fairness = Fairness(stepLimit: limit)
      look(&fairness, upTo: limit - 1, isPolling: true, isUnfair: true)
      #expect(fairness.nextLook == limit)
    }
  }

  @Test func timePassesOnlyWherePollingLasts() {
    var fairness = Fairness(stepLimit: 40_000)
    look(&fairness, upTo: 9_000, isPolling: true, isUnfair: false)
    #expect(!fairness.letsTimePass)
    look(&fairness, upTo: 10_000, isPolling: true, isUnfair: false)
    #expect(fairness.letsTimePass)
    fairness.letsTimePass = false
    // Less patience is had with what has been waited for before.
    look(&fairness, upTo: 14_000, isPolling: true, isUnfair: false)
    #expect(!fairness.letsTimePass)
    look(&fairness, upTo: 15_000, isPolling: true, isUnfair: false)
    #expect(fairness.letsTimePass)
  }

  @Test func timePassesForNobodyWhereNobodyWaitsForIt() {
    var fairness = Fairness(stepLimit: 40_000)
    look(&fairness, upTo: 29_000, isPolling: true, hasTimers: false, isUnfair: false)
    #expect(!fairness.letsTimePass)
    #expect(fairness.end == 0, "whoever polls alone is left alone")
  }

  @Test func timeThatPassesByItselfIsNotPushed() {
    var fairness = Fairness(stepLimit: 4_000)
    for moment in 1...2 as ClosedRange<Int64> {
      look(&fairness, upTo: 1_000 * Int(moment), instant: moment, isPolling: true, isUnfair: false)
    }
    #expect(!fairness.letsTimePass)
  }
}
