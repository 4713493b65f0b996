import Testing

@testable import InterleaveEngine

/// Which timers may fire, by their deadlines and by since when others have waited.
@Suite struct TimersTests {
  private func withTimers(_ deadlines: Int64..., body: (Timers) -> Void) {
    let timers = Timers()
    defer { timers.deallocate() }
    for (slot, deadline) in deadlines.enumerated() { timers.insert(Int32(slot), at: deadline) }
    body(timers)
  }

  private func due(
    _ timers: Timers, _ time: MachineSettings.Time, upTo last: Int64 = .max,
    waitingSince oldest: Int64 = .max, isIdle: Bool = false
  ) -> Int {
    timers.countDue(time, upTo: last, waitingSince: oldest, isIdle: isIdle)
  }

  @Test func theyAreInTheOrderOfTheirDeadlines() {
    withTimers(30, 10, 20, 10) { timers in
      #expect(timers.map(\.slot) == [1, 3, 2, 0])
      timers.remove(3)
      #expect(timers.map(\.deadline) == [10, 20, 30])
      timers.removeAll()
      #expect(timers.isEmpty)
      #expect(due(timers, .adversarial, isIdle: true) == 0)
    }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func theyStayInOrderHoweverTheyAreSetAndFire(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let timers = Timers()
    defer { timers.deallocate() }
    var expected: [(slot: Int32, deadline: Int64)] = []
    for slot in 0..<Int32(200) {
      let deadline = Int64(random.below(50))
      let place = expected.firstIndex { $0.deadline > deadline } ?? expected.count
      expected.insert((slot, deadline), at: place)
      timers.insert(slot, at: deadline)
      while !expected.isEmpty, random.below(3) == 0 {
        // Mostly one of the first fires.
        let fired = random.below(min(expected.count, random.below(10) == 0 ? 200 : 3))
        timers.remove(expected.remove(at: fired).slot)
      }
      #expect(timers.count == expected.count)
      #expect(
        timers.map(\.slot) == expected.map(\.slot)
      )
      #expect(timers.first?.slot == expected.first?.slot)
    }
  }

  @Test func theFirstIsTheFirstOfThoseThatHaveNotFired() {
    withTimers(10, 40, 45, 60) { timers in
      timers.remove(0)
      #expect(due(timers, .asRuntime(stall: 5)) == 2)
      #expect(due(timers, .asRuntime(stall: 5), upTo: 39) == 0)
      timers.remove(1)
      #expect(due(timers, .asRuntime(stall: 15)) == 2)
    }
  }

  @Test func whatIsDueWithinTheStallOfTheFirstMayFire() {
    withTimers(10, 15, 16, 40) { timers in
      #expect(due(timers, .asRuntime(stall: 0)) == 1)
      #expect(due(timers, .asRuntime(stall: 5)) == 2)
      #expect(due(timers, .asRuntime(stall: 6)) == 3)
      #expect(due(timers, .asRuntime(stall: .max)) == 4)
    }
  }

  @Test func whoHasWaitedLongestSetsTheMoment() {
    withTimers(10, 15) { timers in
      #expect(due(timers, .asRuntime(stall: 5), waitingSince: 5) == 1)
      #expect(due(timers, .asRuntime(stall: 5), waitingSince: 4) == 0)
      #expect(due(timers, .asRuntime(stall: 5), waitingSince: 12) == 2, "nobody waits that long")
    }
  }

  @Test func whereNothingElseCanGoOnTheFirstFires() {
    withTimers(10, 15) { timers in
      #expect(due(timers, .asRuntime(stall: 5), waitingSince: 0, isIdle: true) == 1)
      #expect(due(timers, .whenIdle, isIdle: true) == 1)
      #expect(due(timers, .whenIdle) == 0)
    }
  }

  @Test func theAdversaryMayFireTheFirstAtAnyTime() {
    withTimers(10, 15) { timers in
      #expect(due(timers, .adversarial, waitingSince: 0) == 1)
    }
  }

  @Test func noneFiresAfterTheLastMoment() {
    withTimers(10, 15) { timers in
      for time in [MachineSettings.Time.asRuntime(stall: 100), .whenIdle, .adversarial] {
        #expect(due(timers, time, upTo: 9, isIdle: true) == 0)
      }
      #expect(due(timers, .asRuntime(stall: 100), upTo: 14) == 1)
    }
  }
}
