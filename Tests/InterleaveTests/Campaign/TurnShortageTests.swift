import Dispatch
import InterleaveEngine
import Synchronization
import Testing

@testable import Interleave

/// What is said of a campaign that hardly had a turn.
@Suite struct TurnShortageTests {
  private func shortage(
    _ schedules: Int, of wanted: Int, waited: Duration, elapsed: Duration = .seconds(10),
    ending: FuzzReport.Ending = .duration
  ) -> TurnShortage? {
    let report = FuzzReport(schedules: schedules, elapsed: elapsed, ending: ending)
    return TurnShortage(report, of: wanted, waited: waited)
  }

  @Test func itIsSaidWhereMostOfTheTimeWentByForOthers() throws {
    let found = try #require(shortage(2, of: 1_000, waited: .milliseconds(9_900)))
    #expect(
      found.words.hasPrefix(
        "only 2 schedules of 1,000 ran before the time was up: for 9.9 s of 10.0 s, runs of other "
          + "tests had the turn"))
    #expect(shortage(99, of: 1_000, waited: .seconds(6)) != nil)
    #expect(shortage(9, of: 100, waited: .seconds(6)) != nil)
    #expect(shortage(99, of: .max, waited: .seconds(6)) != nil)
  }

  @Test func itIsNotSaidOtherwise() {
    #expect(shortage(100, of: 1_000, waited: .seconds(9)) == nil, "a tenth was made")
    #expect(shortage(10, of: 100, waited: .seconds(9)) == nil, "a tenth was made")
    #expect(shortage(100, of: .max, waited: .seconds(9)) == nil, "many were made")
    #expect(shortage(2, of: 1_000, waited: .seconds(5)) == nil, "its own runs are slow")
    #expect(shortage(2, of: 1_000, waited: .seconds(9), ending: .exhaustion) == nil)
    #expect(shortage(2, of: 2, waited: .seconds(9), ending: .schedules) == nil)
    #expect(shortage(2, of: 1_000, waited: .seconds(9), ending: .failure) == nil)
  }

  @Test func aCampaignThatWaitsForItsTurnWhileItsTimeGoesByIsWarnedOf() async {
    let (hasTurn, mayEnd) = (DispatchSemaphore(value: 0), Flag())
    async let other = fuzzed(schedules: 1, { $0.isolation = .none }, named: "other") {
      hasTurn.signal()
      while !mayEnd.isRaised {}
      await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    }
    // The turn may be far off, and a loop until then would keep a processor from others.
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        hasTurn.wait()
        continuation.resume()
      }
    }
    async let late = fuzzed(
      schedules: 1_000,
      {
        $0.duration = .milliseconds(1)
        $0.isolation = .none
      }, named: "late"
    ) { await withdrawTwice(from: Bank(balance: 100), atOnce: true) }
    let others = RunLock.waiting
    let clock = ContinuousClock()
    while RunLock.waiting <= others { await Task.yield() }
    let start = clock.now
    while clock.now - start < .milliseconds(100) { await Task.yield() }
    mayEnd.raise()
    let report = await late.report
    #expect(report.ending == .duration)
    #expect(report.warnings.contains { $0.contains("had the turn") }, "\(report)")
    #expect(await other.failure == nil)
  }
}

private final class Flag: Sendable {
  private let state = Atomic(false)

  var isRaised: Bool { state.load(ordering: .acquiring) }

  func raise() { state.store(true, ordering: .releasing) }
}
