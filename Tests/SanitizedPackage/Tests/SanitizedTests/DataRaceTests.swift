import Foundation
import Interleave
import Synchronization
import Testing

/// What the thread sanitizer sees in a fuzzed run is that run's failure.
///
/// For each kind of order that there can be, its like without one is a race.
@Suite(.enabled(if: Sanitizer.current == .thread)) struct DataRaceTests {
  @Test func twoTasksThatChangeAVariableRace() async throws {
    let counter = Counter()
    let failure = try #require(
      await FuzzedTests.run {
        async let first: Void = counter.bump()
        async let second: Void = counter.bump()
        _ = await (first, second)
      })
    #expect(failure.kind == .dataRace)
    #expect(failure.sourceLocation?.fileID == "SanitizedTests/Counter.swift", "\(failure.message)")
    #expect(failure.message.contains("Counter.bump()"))
    #expect(!failure.interleaving.steps.isEmpty)
  }

  @Test func theSameRaceIsFoundEachTime() async throws {
    func find() async -> FuzzFailure? {
      let counter = Counter()
      return await FuzzedTests.run {
        async let first: Void = counter.bump()
        async let second: Void = counter.bump()
        _ = await (first, second)
      }
    }
    let (first, second) = (await find(), await find())
    #expect(try #require(first).interleaving == second?.interleaving)
    #expect(first?.message == second?.message)
  }

  /// The sanitizer knows no more than 255 threads at once, and what it takes for them.
  @Test func itIsSeenHoweverManyTestsThereAreAtOnce() async {
    let kinds = await withTaskGroup(of: FuzzFailure.Kind?.self) { group in
      for _ in 0..<32 {
        group.addTask {
          let counters = (0..<8).map { _ in Counter() }
          return await FuzzedTests.run(shrinks: false) {
            await withTaskGroup(of: Void.self) { tasks in
              for counter in counters + counters { tasks.addTask { counter.bump() } }
            }
          }?.kind
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(kinds.allSatisfy { $0 == .dataRace }, "\(kinds)")
  }

  @Test func aLockOrdersThem() async {
    let counter = LockedCounter()
    let failure = await FuzzedTests.run {
      async let first: Void = counter.bump()
      async let second: Void = counter.bump()
      _ = await (first, second)
    }
    #expect(failure == nil)
  }

  @Test func anActorOrdersThem() async {
    let failure = await FuzzedTests.run {
      let owner = Owner()
      async let first: Void = owner.bump()
      async let second: Void = owner.bump()
      _ = await (first, second)
      _ = await owner.count
    }
    #expect(failure == nil)
  }

  @Test func whatATaskDidIsBeforeWhatIsDoneWithItsResult() async {
    let failure = await FuzzedTests.run {
      let counter = Counter()
      counter.bump()
      let first = Task { counter.bump() }
      async let other: Void = Task.yield()
      await first.value
      counter.bump()
      await other
      await withTaskGroup(of: Void.self) { group in group.addTask { counter.bump() } }
      counter.bump()
      await withCheckedContinuation { continuation in
        Task {
          counter.bump()
          continuation.resume()
        }
      }
      counter.bump()
    }
    #expect(failure == nil)
  }

  @Test func whereNoRaceCanBeSeenAWarningSaysSo() async {
    let counter = Counter()
    var configuration = FuzzConfiguration()
    (configuration.schedules, configuration.corpus) = (20, .none)
    configuration.isolation = .process
    let outcome = await Fuzzer(configuration).run(named: "apart") {
      async let first: Void = counter.bump()
      async let second: Void = counter.bump()
      _ = await (first, second)
    }
    guard case .passed(let report) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(report.warnings.contains { $0.contains("thread sanitizer") })
  }

  @Test func aReadBesideAChangeRaces() async throws {
    let failure = await FuzzedTests.run {
      let counter = Counter()
      async let change: Void = counter.bump()
      async let read = counter.count
      _ = await (change, read)
    }
    #expect(try #require(failure).kind == .dataRace)
  }

  /// A snapshot of an actor's array is let go of, and the actor, its only holder then, changes
  /// it in place: the count of references orders the two.
  @Test func copiesOfCollectionsDoNotRace() async {
    let failure = await FuzzedTests.run {
      let owner = Owner()
      for number in 0..<5 { await owner.append(number) }
      async let sum = sumOf(owner)
      async let other = sumOf(owner)
      await owner.append(5)
      await owner.append(6)
      _ = await (sum, other)
    }
    #expect(failure == nil)
  }

  /// Streams, stubs, invariants and notes are Interleave's and the library's to order.
  @Test func whatTheLibrariesDoIsNoRace() async {
    let failure = await FuzzedTests.run {
      let owner = Owner()
      always(owner) { $0.count >= 0 }
      let fetch = NonthrowingStub<Int, Int>("fetch", .computes { $0 + 1 })
      let (stream, continuation) = AsyncStream<[Int]>.makeStream()
      async let sent: Void = {
        for number in 0..<3 { continuation.yield([await fetch(number)]) }
        continuation.finish()
      }()
      async let other = fetch(7)
      for await numbers in stream { await owner.append(numbers[0]) }
      _ = await (sent, other)
      await owner.bump()
    }
    #expect(failure == nil)
  }

  @Test(.fuzzed(schedules: 100)) func aTestWithNoRacePasses() async {
    let counter = LockedCounter()
    async let first: Void = counter.bump()
    async let second: Void = counter.bump()
    _ = await (first, second)
  }
}

private func sumOf(_ owner: Owner) async -> Int {
  let numbers = await owner.numbers
  var sum = 0
  for index in numbers.indices { sum += numbers[index] }
  return sum
}
