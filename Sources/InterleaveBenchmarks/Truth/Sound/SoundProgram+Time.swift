extension SoundProgram {
  /// Programs over time.
  static let time = [
    SoundProgram("work that is quick enough is not timed out") {
      let result = try await limited(to: .seconds(10)) {
        try await Task.sleep(for: .milliseconds(50))
        return "done"
      }
      try expect(result == "done")
    },
    SoundProgram("work that takes too long is timed out") {
      let result = try? await limited(to: .milliseconds(50)) {
        try await Task.sleep(for: .seconds(60))
        return "done"
      }
      try expect(result == nil)
    },
    SoundProgram("a retry waits longer each time") {
      let clock = ContinuousClock()
      let start = clock.now
      let tally = Tally()
      async let noise: Void = Task.yield()
      while await tally.add() < 3 { try await Task.sleep(for: .seconds(1 << (await tally.value))) }
      await noise
      try expect(clock.now - start >= .seconds(2 + 4))
    },
    SoundProgram("a ticker ticks as often as it should") {
      let ticks = Tally()
      let ticker = Task {
        for _ in 0..<3 {
          try await Task.sleep(for: .seconds(1))
          await ticks.add()
        }
      }
      try await Task.sleep(for: .seconds(10))
      try await ticker.value
      try expect(await ticks.value == 3)
    },
    SoundProgram("of what is typed, the last is saved") {
      let saver = Debouncer()
      for text in ["a", "ab", "abc"] { await saver.type(text) }
      await saver.settle()
      try expect(await saver.saved == ["abc"])
    },
    SoundProgram("a throttle lets one through in a second") {
      let throttle = Throttle()
      async let one = throttle.admits()
      async let other = throttle.admits()
      let now = await [one, other]
      try expect(now.count { $0 } == 1)
      try await Task.sleep(for: .seconds(2))
      try expect(await throttle.admits())
    },
    SoundProgram("sleeps end in the order of their deadlines when these are far apart") {
      let tally = Tally()
      await withTaskGroup(of: Void.self) { group in
        for seconds in [3, 1, 2] {
          group.addTask {
            try? await Task.sleep(for: .seconds(seconds))
            await tally.note("\(seconds)")
          }
        }
      }
      try expect(await tally.entries == ["1", "2", "3"])
    },
    SoundProgram("a suspending clock measures what a sleep takes") {
      let clock = SuspendingClock()
      async let noise: Void = Task.yield()
      let time = try await clock.measure { try await clock.sleep(for: .seconds(5)) }
      await noise
      try expect(time >= .seconds(5) && time < .seconds(6))
    },
    SoundProgram("a cache forgets after a minute") {
      let cache = ExpiringCache()
      await cache.set(1)
      async let early = cache.value
      try expect(await early == 1)
      try await Task.sleep(for: .seconds(61))
      try expect(await cache.value == nil)
    },
    SoundProgram("a lease is renewed before it ends") {
      let cache = ExpiringCache()
      let renewal = Task {
        for _ in 0..<3 {
          await cache.set(2)
          try await Task.sleep(for: .seconds(30))
        }
      }
      try await Task.sleep(for: .seconds(45))
      try expect(await cache.value == 2)
      try await renewal.value
    },
  ]
}

private func limited<Value: Sendable>(
  to limit: Duration, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value.self) { group in
    group.addTask { try await work() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw CancellationError()
    }
    defer { group.cancelAll() }
    guard let first = try await group.next() else { throw CancellationError() }
    return first
  }
}

private actor Debouncer {
  private(set) var saved: [String] = []
  private var pending: Task<Void, Never>?

  func type(_ text: String) {
    pending?.cancel()
    pending = Task {
      do { try await Task.sleep(for: .seconds(1)) } catch { return }
      saved.append(text)
    }
  }

  func settle() async { await pending?.value }
}

private actor Throttle {
  private var last: ContinuousClock.Instant?

  func admits() -> Bool {
    let now = ContinuousClock.now
    if let last, now - last < .seconds(1) { return false }
    last = now
    return true
  }
}

private actor ExpiringCache {
  private var entry: (value: Int, until: ContinuousClock.Instant)?

  var value: Int? {
    guard let entry, ContinuousClock.now < entry.until else { return nil }
    return entry.value
  }

  func set(_ value: Int) { entry = (value, ContinuousClock.now + .seconds(60)) }
}
