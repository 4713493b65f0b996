import Dispatch
import InterleaveEngine
import Synchronization
import Testing

@testable import Interleave

/// What is said of a campaign that made few of its schedules.
@Suite struct ScheduleShortageTests {
  private func shortage(
    _ schedules: Int, of wanted: Int, waited: Duration = .zero, elapsed: Duration = .seconds(10),
    ending: FuzzReport.Ending = .duration
  ) -> ScheduleShortage? {
    let report = FuzzReport(schedules: schedules, elapsed: elapsed, ending: ending)
    return ScheduleShortage(report, of: wanted, waited: waited)
  }

  @Test func itIsSaidWhereLessThanATenthWasMade() throws {
    let found = try #require(shortage(2, of: 1_000))
    #expect(
      found.words.hasPrefix("only 2 schedules of 1,000 ran before the time was up, in 10.0 s."))
    #expect(shortage(99, of: 1_000) != nil)
    #expect(shortage(9, of: 100) != nil)
    #expect(try #require(shortage(99, of: .max)).words.hasPrefix("only 99 schedules ran"))
  }

  @Test func timeInWhichOthersHadTheTurnIsToldApart() throws {
    let found = try #require(shortage(2, of: 1_000, waited: .milliseconds(9_900)))
    #expect(found.words.contains("in 100 ms (and 9.9 s of waiting"))
    #expect(try #require(shortage(2, of: 1_000, waited: .seconds(1))).words.contains("in 9.0 s."))
  }

  @Test func itIsNotSaidOtherwise() {
    #expect(shortage(100, of: 1_000) == nil, "a tenth was made")
    #expect(shortage(10, of: 100) == nil, "a tenth was made")
    #expect(shortage(100, of: .max) == nil, "many were made")
    #expect(shortage(2, of: 1_000, ending: .exhaustion) == nil)
    #expect(shortage(2, of: 2, ending: .schedules) == nil)
    #expect(shortage(2, of: 1_000, ending: .failure) == nil)
  }

  @Test func whatACampaignWaitsForItsTurnIsNoneOfItsTime() async {
    let (hasTurn, mayEnd) = (DispatchSemaphore(value: 0), Flag())
    // Long enough for two schedules where a busy machine leaves a campaign little of it.
    let duration = Duration.seconds(1)
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
        $0.duration = duration
        $0.isolation = .none
        $0.strategy = .randomWalk
      }, named: "late"
    ) { await withdrawTwice(from: Bank(balance: 100), atOnce: true) }
    let others = RunLock.waiting
    let clock = ContinuousClock()
    while RunLock.waiting <= others { await Task.yield() }
    let start = clock.now
    while clock.now - start < duration { await Task.yield() }
    mayEnd.raise()
    let report = await late.report
    #expect(report.elapsed >= duration, "others had the turn for as long as that")
    #expect(report.schedules > 1, "\(report)")
    #expect(await other.failure == nil)
  }
}

private final class Flag: Sendable {
  private let state = Atomic(false)

  var isRaised: Bool { state.load(ordering: .acquiring) }

  func raise() { state.store(true, ordering: .releasing) }
}
