import Synchronization

extension SoundProgram {
  /// Programs that share atomics, and what is made of them.
  static let atomics = [
    SoundProgram("a Mutex guards a dictionary") {
      let names = Mutex([Int: String]())
      await both {
        names.withLock { $0[1] = "one" }
      } and: {
        names.withLock { $0[2] = "two" }
      }
      try expect(names.withLock { $0.count } == 2)
    },
    SoundProgram("whoever finds a Mutex busy comes again") {
      let count = Mutex(0)
      let add: @Sendable () async -> Void = {
        while count.withLockIfAvailable({ $0 += 1 }) == nil { await Task.yield() }
      }
      async let one: Void = add()
      async let other: Void = add()
      _ = await (one, other)
      try expect(count.withLock { $0 } == 2)
    },
    SoundProgram("an atomic counter counts everybody") {
      let count = AtomicTally()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { count.value.wrappingAdd(1, ordering: .relaxed) } }
      }
      try expect(count.value.load(ordering: .relaxed) == 3)
    },
    SoundProgram("of all who exchange a flag, one is first") {
      let flag = AtomicTally()
      let firsts = Tally()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<3 {
          group.addTask {
            let result = flag.value.compareExchange(
              expected: 0, desired: 1, ordering: .acquiringAndReleasing)
            if result.exchanged { await firsts.add() }
          }
        }
      }
      try expect(await firsts.value == 1)
    },
  ]
}

private final class AtomicTally: Sendable {
  let value = Atomic(0)
}
