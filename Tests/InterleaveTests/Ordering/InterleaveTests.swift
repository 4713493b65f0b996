import Interleave
import Testing

/// One interleaving that is written down in a test, controlled or native.
@Suite struct InterleaveTests {
  private func write(_ log: Box<[Int]>, _ numbers: [Int], as name: String) async {
    for number in numbers {
      await checkpoint("\(name) \(number)")
      await log.set((log.value ?? []) + [number])
      await checkpoint("\(name) \(number) is done")
    }
  }

  @Test func theOrderThatIsWrittenDownIsTheOneThatRuns() async throws {
    let orders: [(Checkpoint, Checkpoint, Checkpoint, expected: [Int])] = [
      ("b 3 is done", "a 1", "a 2", expected: [3, 1, 2]),
      ("a 1 is done", "b 3", "a 2", expected: [1, 3, 2]),
      ("a 2 is done", "b 3", "b 3 is done", expected: [1, 2, 3]),
    ]
    for (first, second, third, expected) in orders {
      let report = try await interleave(first, second, third) { [self] in
        let log = Box<[Int]>([])
        async let a: Void = write(log, [1, 2], as: "a")
        async let b: Void = write(log, [3], as: "b")
        _ = await (a, b)
        if expected == [3, 1, 2] { #expect(await log.value == expected) }
        if expected == [1, 2, 3] { #expect(await log.value == expected) }
        #expect(await log.value?.firstIndex(of: 1) == expected.firstIndex(of: 1))
      }
      #expect(report.schedules == 1)
    }
  }

  /// Reads, and writes one more: two of them lose an update if both read first.
  private actor Counter {
    private(set) var value = 0

    func increment() async {
      await checkpoint("reads")
      let read = value
      await checkpoint("writes")
      value = read + 1
    }
  }

  private static func incrementTwice(_ counter: Counter) async {
    async let first: Void = counter.increment()
    async let second: Void = counter.increment()
    _ = await (first, second)
  }

  @Test func aNameMayComeSeveralTimes() async throws {
    try await interleave("reads", "reads", "writes", "writes") {
      let counter = Counter()
      await Self.incrementTwice(counter)
      #expect(await counter.value == 1)
    }
    try await interleave("reads", "writes", "reads", "writes") {
      let counter = Counter()
      await Self.incrementTwice(counter)
      #expect(await counter.value == 2)
    }
  }

  @Test func itIsTheSameRunEachTimeWithTimeThatIsVirtual() async throws {
    for _ in 0..<3 {
      try await interleave("late", "early") {
        let clock = ContinuousClock()
        let start = clock.now
        async let late: Void = {
          try await Task.sleep(for: .seconds(3600))
          await checkpoint("late")
        }()
        await checkpoint("early")
        try await late
        #expect(clock.now - start == .seconds(3600))
      }
    }
  }

  @Test func anOrderThatCannotBeIsAFailureThatSaysWhereTasksWait() async throws {
    let failure = try await #require(throws: FuzzFailure.self) {
      try await interleave("b", "a") {
        await checkpoint("a")
        await checkpoint("b")
      }
    }
    #expect(failure.kind == .unreachableOrder)
    #expect(failure.message.hasPrefix("the run did not come in the order \"b\", \"a\":\n"))
    #expect(failure.message.contains("* \"a\" was reached, and waited for \"b\""), "\(failure)")
    #expect(failure.message.contains("task 0 waits in"), "\(failure)")
  }

  @Test func aBodyThatFailsInTheOrderFails() async throws {
    let failure = try await #require(throws: FuzzFailure.self) {
      try await interleave("reads", "reads", "writes") {
        let counter = Counter()
        await Self.incrementTwice(counter)
        #expect(await counter.value == 2)
      }
    }
    #expect(failure.kind == .expectation)
    #expect(failure.schedulesTried == 1)
  }

  // MARK: Natively

  @Test func anOrderIsForcedNativelyToo() async throws {
    for _ in 0..<20 {
      let log = Box<[Int]>([])
      try await withOrdering("b 3 is done" < "a 1") {
        async let a: Void = write(log, [1, 2], as: "a")
        async let b: Void = write(log, [3], as: "b")
        _ = await (a, b)
      }
      #expect(await log.value == [3, 1, 2])
    }
  }

  @Test func aSequenceIsForcedNativelyToo() async throws {
    for _ in 0..<20 {
      let counter = Counter()
      try await withOrdering("reads", "reads", "writes", "writes") {
        await Self.incrementTwice(counter)
      }
      #expect(await counter.value == 1)
    }
  }

  @Test func aTaskThatWaitsForTooLongIsAnIssueAndAllGoOn() async throws {
    let texts = try await issues {
      try await withOrdering("b" < "a", timeout: .milliseconds(1)) {
        await checkpoint("a")
        await checkpoint("b")
      }
    }
    #expect(
      texts == [
        """
        the order "b" < "a" must come about (a task has waited for 1 ms):
          "a" was reached, and waited for "b"
          "b" was never reached (reached: "a")
        """
      ])
  }

  @Test func aPointThatWasNotPassedIsAnIssue() async throws {
    let texts = try await issues {
      try await withOrdering("a" < "b") { await checkpoint("a") }
    }
    #expect(
      texts == [
        """
        the order "a" < "b" must come about:
          "b" was never reached (reached: "a")
        """
      ])
  }

  @Test func aContradictionIsThrown() async {
    await #expect(throws: ConfigurationError.self) {
      try await withOrdering("a" < "b", "b" < "a") {}
    }
  }

  @Test func withoutAnOrderACheckpointOnlyYields() async {
    await checkpoint("anything")
  }
}
