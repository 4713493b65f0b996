import Testing

@testable import Interleave

@Suite struct SleepQueueTests {
  private var queue = SleepQueue<String>()

  /// Adds a sleeper that is called by its name.
  private mutating func add(
    _ name: String, until seconds: Int
  ) -> SleepQueue<String>.Admission {
    queue.add(queue.makeNumber(), until: .seconds(seconds), name)
  }

  @Test mutating func sleepersWakeInTheOrderOfTheirDeadlines() {
    for (name, deadline) in [("c", 3), ("a", 1), ("b", 2)] {
      #expect(add(name, until: deadline) == .waits)
    }
    #expect(queue.wakeNext(upTo: nil) == ["a"])
    #expect(queue.now == .seconds(1))
    #expect(queue.wakeNext(upTo: nil) == ["b"])
    #expect(queue.wakeNext(upTo: nil) == ["c"])
    #expect(queue.wakeNext(upTo: nil) == [])
    #expect(queue.now == .seconds(3))
  }

  @Test mutating func thoseOfOneDeadlineWakeTogetherInTheOrderInWhichTheyCame() {
    for name in ["x", "y", "z"] { #expect(add(name, until: 5) == .waits) }
    #expect(add("later", until: 6) == .waits)
    #expect(queue.wakeNext(upTo: .seconds(10)) == ["x", "y", "z"])
    #expect(queue.count == 1)
  }

  @Test mutating func nobodyWakesBeforeTheDeadline() {
    #expect(add("a", until: 2) == .waits)
    #expect(queue.wakeNext(upTo: .milliseconds(1_999)) == [])
    #expect(queue.now == .zero)
    #expect(queue.wakeNext(upTo: .seconds(2)) == ["a"])
  }

  @Test mutating func aDeadlineThatHasPassedIsNotWaitedFor() {
    queue.move(to: .seconds(2))
    #expect(add("past", until: 1) == .goesOn)
    #expect(add("now", until: 2) == .goesOn)
    #expect(add("next", until: 3) == .waits)
  }

  @Test mutating func timeNeverRunsBack() {
    queue.move(to: .seconds(2))
    queue.move(to: .seconds(1))
    #expect(queue.now == .seconds(2))
  }

  @Test mutating func whoIsCancelledWhileAsleepIsHandedOutOnce() {
    let number = queue.makeNumber()
    #expect(queue.add(number, until: .seconds(1), "a") == .waits)
    #expect(queue.cancel(number) == "a")
    #expect(queue.count == 0)
    #expect(queue.wakeNext(upTo: nil) == [])
  }

  @Test mutating func whoIsCancelledBeforeItSleepsDoesNot() {
    let number = queue.makeNumber()
    #expect(queue.cancel(number) == nil)
    #expect(queue.add(number, until: .seconds(1), "a") == .isCancelled)
    #expect(queue.count == 0)
  }

  @Test mutating func whoIsCancelledAfterItHasLeftIsForgotten() {
    let number = queue.makeNumber()
    #expect(queue.add(number, until: .zero, "a") == .goesOn)
    #expect(queue.cancel(number) == nil)
    queue.forget(number)
    #expect(queue.add(number, until: .seconds(1), "a") == .waits)
  }
}

@Suite struct DurationWordsTests {
  @Test func aDurationIsToldInTheLargestUnitThatFits() {
    #expect(Duration.seconds(7 * 86_400).spelledOut == "7 days")
    #expect(Duration.seconds(86_400).spelledOut == "1 day")
    #expect(Duration.seconds(3_600).spelledOut == "1 hour")
    #expect(Duration.seconds(5_400).spelledOut == "90 minutes")
    #expect(Duration.seconds(90).spelledOut == "90 s")
    #expect(Duration.milliseconds(2_500).spelledOut == "2.5 s")
    #expect(Duration.milliseconds(30).spelledOut == "30 ms")
    #expect(Duration.microseconds(1_050).spelledOut == "1.05 ms")
    #expect(Duration.nanoseconds(7).spelledOut == "7 ns")
    #expect(Duration.zero.spelledOut == "0 s")
    #expect(Duration.milliseconds(-30).spelledOut == "-30 ms")
  }
}
