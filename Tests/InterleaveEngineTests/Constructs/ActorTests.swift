import Dispatch
import InterleaveEngine
import Testing

private actor Counter {
  var value = 0
  func increment() -> Int {
    value += 1
    return value
  }
  func incrementSlowly(_ other: Counter) async {
    let seen = value
    _ = await other.increment()
    value = seen + 1
  }
}

private actor Outer {
  let inner = Counter()
  var total = 0
  func work() async -> Int {
    let one = await inner.increment()
    total += one
    let two = await inner.increment()
    total += two
    return total
  }
}

@globalActor private actor Shared {
  static let shared = Shared()
}

@Shared private var onShared = 0
@Shared private func bumpShared() -> Int {
  onShared += 1
  return onShared
}
@Shared private func resetShared() { onShared = 0 }

@MainActor private var onMain = 0
@MainActor private func bumpMain() -> Int {
  onMain += 1
  return onMain
}
@MainActor private func resetMain() { onMain = 0 }

private final class QueueExecutor: SerialExecutor {
  let queue = DispatchQueue(label: "custom")
  func enqueue(_ job: UnownedJob) {
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}

private actor OnQueue {
  let executor = QueueExecutor()
  var value = 0
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  func increment() -> Int {
    preconditionIsolated()
    value += 1
    return value
  }
}

private final class Events: @unchecked Sendable {
  var list: [String] = []
}

private actor Home {
  let events: Events
  init(_ events: Events) { self.events = events }
  func note(_ text: String) { events.list.append(text) }
  func make() -> Guest { Guest(self) }
}

private final class Guest {
  let home: Home
  init(_ home: Home) { self.home = home }
}

@Shared private final class Resident {
  let events: Events
  nonisolated init(_ events: Events) { self.events = events }
  isolated deinit {
    Shared.preconditionIsolated()
    events.list.append("gone")
  }
}

@Suite struct ActorTests {
  @Test func anActorMadeInTheRunRunsUnderControl() async throws {
    let values = try await forEverySeed {
      let counter = Counter()
      async let a = counter.increment()
      async let b = counter.increment()
      return await [a, b]
    }
    #expect(Set(values) == [[1, 2], [2, 1]])
  }

  @Test func anActorMadeOutsideTheRunRunsUnderControl() async throws {
    let counter = Counter()
    let values = try await forEverySeed {
      let before = await counter.value
      async let a = counter.increment()
      async let b = counter.increment()
      return await [a - before, b - before]
    }
    #expect(Set(values) == [[1, 2], [2, 1]])
  }

  @Test func actorsCallActors() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let outer = Outer()
      return await outer.work()
    }
    #expect(Set(values) == [3])
  }

  @Test func anActorIsReentrantAtEachAwait() async throws {
    let values = try await forEverySeed(40) {
      let counter = Counter()
      let other = Counter()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 { group.addTask { await counter.incrementSlowly(other) } }
      }
      return await counter.value
    }
    #expect(Set(values) == [1, 2])
  }

  @Test func aGlobalActorRunsUnderControl() async throws {
    let values = try await forEverySeed {
      await resetShared()
      async let a = bumpShared()
      async let b = bumpShared()
      return await [a, b]
    }
    #expect(Set(values) == [[1, 2], [2, 1]])
  }

  @Test func theMainActorRunsUnderControl() async throws {
    let values = try await forEverySeed {
      await resetMain()
      async let a = bumpMain()
      async let b = bumpMain()
      let both = await [a, b]
      await MainActor.run { MainActor.preconditionIsolated() }
      await Task { @MainActor in
        await Task.yield()
        MainActor.assertIsolated()
        _ = bumpMain()
      }.value
      return both
    }
    #expect(Set(values) == [[1, 2], [2, 1]])
  }

  @Test func anActorKnowsThatItIsIsolated() async throws {
    try await forEverySeed(5) {
      let events = Events()
      let home = Home(events)
      await home.note("a")
      await { (home: isolated Home) in
        home.preconditionIsolated()
        home.assertIsolated()
        noteOn(home)
        await Task.yield()
        home.preconditionIsolated()
      }(home)
      await Shared.run { Shared.preconditionIsolated() }
      return events.list
    }
  }

  @Test func anActorWithAnExecutorOfTheUsersOwnRunsUnderControl() async throws {
    let values = try await forEverySeed {
      let actor = OnQueue()
      async let a = actor.increment()
      async let b = actor.increment()
      let both = await [a, b]
      return both + [await Task { await actor.increment() }.value]
    }
    #expect(Set(values) == [[1, 2, 3], [2, 1, 3]])
  }

  @Test func anIsolatedDeinitRunsOnItsActor() async throws {
    let values = try await forEverySeed {
      let events = Events()
      do {
        let resident = Resident(events)
        _ = resident
      }
      await Task.yield()
      await Shared.run {}
      await Shared.run {}
      return events.list
    }
    #expect(values.allSatisfy { $0 == ["gone"] || $0.isEmpty })
  }
}

extension Shared {
  static func run(_ body: @Shared @Sendable () -> Void) async { await body() }
}

private func noteOn(_ home: Home) {
  home.assumeIsolated { $0.note("b") }
}
