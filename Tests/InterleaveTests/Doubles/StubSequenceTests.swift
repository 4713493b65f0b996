import Interleave
import Testing

/// Sequence doubles, natively and in fuzzed runs.
@Suite struct StubSequenceTests {
  @Test func elementsComeInOrderAndThenTheEnd() async throws {
    let numbers = StubSequence("numbers", [1, 2], then: .finishes)
    var seen: [Int] = []
    for try await number in numbers { seen.append(number) }
    #expect(seen == [1, 2])
    numbers.expectReceived(1, 2)
    numbers.expectEnded()
    numbers.expectNothingDropped()
  }

  @Test func anErrorComesAfterTheElementsAndOnce() async throws {
    let numbers = StubSequence("numbers", [1], then: .fails(Offline()))
    var iterator = numbers.makeAsyncIterator()
    let first = try await iterator.next()
    #expect(first == 1)
    do {
      _ = try await iterator.next()
      Issue.record("the error must come")
    } catch {
      #expect(error is Offline)
    }
    let last = try await iterator.next()
    #expect(last == nil)
  }

  @Test func whatDoesNotThrowNeedsNoTry() async {
    let numbers = NonthrowingStubSequence("numbers", [1, 2], then: .finishes)
    var sum = 0
    for await number in numbers { sum += number }
    #expect(sum == 3)
  }

  @Test func elementsComeWhenTheyAreSent() async throws {
    let numbers = StubSequence<Int>("numbers")
    let task = Task {
      var seen: [Int] = []
      for try await number in numbers { seen.append(number) }
      return seen
    }
    try await numbers.waitForConsumers()
    numbers.send(1)
    try await numbers.waitForConsumers()
    numbers.send(2)
    numbers.finish()
    #expect(try await task.value == [1, 2])
    numbers.send(3)
    #expect(numbers.dropped == [3])
  }

  @Test func whatDoesNotFitIsDropped() async throws {
    for (buffering, kept, lost) in [
      (StubBuffering.oldest(2), [1, 2], [3, 4]), (.newest(2), [3, 4], [1, 2]),
      (.unbounded, [1, 2, 3, 4], []), (.oldest(0), [], [1, 2, 3, 4]),
    ] {
      let numbers = StubSequence<Int>("numbers", buffering: buffering)
      for number in 1...4 { numbers.send(number) }
      numbers.finish()
      var seen: [Int] = []
      for try await number in numbers { seen.append(number) }
      #expect(seen == kept)
      #expect(numbers.dropped == lost)
    }
  }

  @Test func whoWaitsGetsAnElementThatNoBufferWouldKeep() async throws {
    let numbers = StubSequence<Int>("numbers", buffering: .oldest(0))
    let task = Task {
      var iterator = numbers.makeAsyncIterator()
      return try await iterator.next()
    }
    try await numbers.waitForConsumers()
    numbers.send(1)
    #expect(try await task.value == 1)
    numbers.expectNothingDropped()
  }

  @Test func aCancelledConsumerGetsTheEnd() async throws {
    let numbers = StubSequence<Int>("numbers")
    let task = Task { for try await _ in numbers {} }
    try await numbers.waitForConsumers()
    task.cancel()
    try await task.value
    numbers.expectCancelled()
    #expect(!numbers.hasEnded)
  }

  @Test func eachExpectationSaysWhatWasDelivered() async throws {
    let numbers = StubSequence("numbers", [1, 2], buffering: .oldest(1))
    numbers.send(3)
    var iterator = numbers.makeAsyncIterator()
    _ = try await iterator.next()
    let texts = try await issues {
      numbers.expectReceived(2, 1)
      numbers.expectEnded()
      numbers.expectCancelled()
      numbers.expectNothingDropped()
    }
    let lines = ":\n  received: [1]\n  not received: [2]\n  dropped: [3]"
    #expect(
      texts == [
        "`numbers` must have delivered [2, 1]" + lines,
        "`numbers` must have been consumed to its end" + lines,
        "`numbers` must have seen the cancellation of a consumer" + lines,
        "`numbers` must not have dropped an element" + lines,
      ])
    numbers.finish()
    _ = try await (iterator.next(), iterator.next())
    let ended = try await issues { numbers.expectCancelled() }
    #expect(ended.first?.hasSuffix("\n  a consumer got the end") == true)
  }

  // MARK: Fuzzed

  /// Sums up what it hears; where it is not mended, it loses what an error leaves behind.
  private func total(isMended: Bool) async -> FuzzOutcome {
    await fuzzed(schedules: 300, named: "total") {
      let numbers = StubSequence(
        "numbers", [1, 2, 3], then: .finishes, latency: .zero ... .seconds(1),
        faults: [Offline()])
      let total = Total()
      async let other: Void = Task.yield()
      do {
        for try await number in numbers { await total.add(number) }
      } catch {
        if isMended { await total.markIncomplete() }
      }
      await other
      #expect(await !total.isComplete || numbers.received == [1, 2, 3])
    }
  }

  @Test func aFaultInTheMiddleIsFound() async throws {
    let failure = try #require(await total(isMended: false).failure)
    let notes = failure.interleaving.steps.flatMap(\.notes)
    #expect(notes.contains("numbers threw Offline()"), "\(failure)")
  }

  @Test func whoMindsFaultsPasses() async {
    let outcome = await total(isMended: true)
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func eachElementGoesToOneConsumerInEveryInterleaving() async {
    let outcome = await fuzzed {
      let numbers = NonthrowingStubSequence("numbers", [1, 2], then: .finishes)
      let total = Total()
      await withTaskGroup { group in
        for _ in 0..<2 {
          group.addTask { for await number in numbers { await total.add(number) } }
        }
      }
      #expect(await total.value == 3)
      numbers.expectReceived(1, 2)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aConsumerThatIsNeverToldTheEndIsALostWakeUp() async {
    let outcome = await fuzzed {
      let numbers = NonthrowingStubSequence("numbers", [1])
      async let other: Void = Task.yield()
      for await _ in numbers {}
      await other
    }
    #expect(outcome.failure?.kind == .lostWakeUp)
  }
}

private actor Total {
  private(set) var value = 0
  private(set) var isComplete = true

  func add(_ number: Int) { value += number }
  func markIncomplete() { isComplete = false }
}
