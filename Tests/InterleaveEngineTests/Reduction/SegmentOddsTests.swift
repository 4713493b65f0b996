import Foundation
import InterleaveEngine
import Testing

/// How many interleavings of parts of steps there are, by how likely walks come to theirs.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct SegmentOddsTests {
  private static func machine() throws -> Machine {
    var settings = MachineSettings()
    settings.interruptions = .before
    return try Machine(settings: settings)
  }

  /// What walks say on average; nil where one says nothing.
  private static func mean(
    _ machine: Machine, walks: Int, _ body: @escaping @Sendable (Notes) async -> Void
  ) -> Double? {
    let kinds: [any Strategy] = [RandomWalk(grain: .segments), StratifiedWalk(grain: .segments)]
    let looking = OddsOfRuns()
    var sum = 0.0
    for walk in 0..<walks {
      let notes = Notes()
      let start = RunStart(index: walk, seed: SplitMix64.seed(1, stream: UInt64(walk)))
      let strategy = kinds[walk % kinds.count]
      _ = machine.run(strategy, start) { Task { await body(notes) } }
      defer { machine.finish() }
      guard let odds = looking.look(at: machine, drawnBy: strategy) else { return nil }
      sum += 2 / (exp(odds.uniform) + exp(odds.byPlace))
    }
    return sum / Double(walks)
  }

  static let programs: [@Sendable (Notes) async -> Void] = [
    { notes in
      let lock = NSLock()
      let tasks = (0..<2).map { task in
        Task { for _ in 0..<2 { lock.withLock { notes.add("\(task)", to: "lock") } } }
      }
      for task in tasks { await task.value }
    },
    // A lock that is held while a step is interrupted, on an actor that belongs to it meanwhile.
    { notes in
      let (outer, inner) = (NSLock(), NSLock())
      let room = Room("room", notes)
      let tasks = (0..<2).map { task in
        Task {
          outer.withLock { inner.withLock { notes.add("\(task)", to: "lock") } }
          await room.visit("\(task)")
        }
      }
      for task in tasks { await task.value }
    },
    { notes in
      let lock = NSLock()
      let task = Task {
        for _ in 0..<2 where !Task.isCancelled { lock.withLock { notes.add("work", to: "lock") } }
      }
      let other = Task { lock.withLock { notes.add("other", to: "lock") } }
      task.cancel()
      _ = await (task.value, other.value)
    },
  ]

  @Test(arguments: programs.indices)
  func theMeanOverWalksIsTheNumberThatAProofFinds(index: Int) async throws {
    let (exact, mean) = try await onThread {
      let machine = try Self.machine()
      let exact = Exploration.reduced(machine, grain: .segments, Self.programs[index])
      #expect(exact.isExhausted && !exact.isDivided && exact.interleavings > 5)
      return (exact.interleavings, Self.mean(machine, walks: 1_500, Self.programs[index]))
    }
    let ratio = try #require(mean) / Double(exact)
    #expect(abs(ratio - 1) < 0.15, "\(ratio) of \(exact)")
  }

  /// Programs with locks, cancellations and continuations, whose interleavings were counted by running
  /// them all.
  @Test func someHundredWalksTellTheNumberOfRandomProgramsWithinAFewFactors() async throws {
    let ratios = try await onThread {
      let machine = try Self.machine()
      var ratios: [Double] = []
      var seed: UInt64 = 0
      while ratios.count < 12 {
        seed += 1
        let program = ActorProgram.divided(seed: seed)
        let body: @Sendable (Notes) async -> Void = { await program.run($0) }
        let exact = Exploration.reduced(machine, limit: 800, grain: .segments, body)
        guard exact.isExhausted, !exact.isDivided, exact.interleavings > 40,
          let mean = Self.mean(machine, walks: 300, body)
        else { continue }
        ratios.append(mean / Double(exact.interleavings))
      }
      return ratios
    }
    #expect(ratios.count { abs($0 - 1) <= 0.2 } >= ratios.count * 3 / 4, "\(ratios)")
    #expect(ratios.allSatisfy { $0 > 0.4 && $0 < 2.5 }, "\(ratios)")
  }

  /// Who shares a lock is not known by name.
  @Test func whereALockIsSharedNothingIsTold() async throws {
    let mean = try await onThread {
      Self.mean(try Self.machine(), walks: 20) { notes in
        let (shared, lock) = (ReadersLock(), NSLock())
        let tasks = (0..<2).map { _ in Task { shared.read { lock.withLock {} } } }
        for task in tasks { await task.value }
      }
    }
    #expect(mean == nil)
  }
}

private final class ReadersLock: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

  init() { pthread_rwlock_init(lock, nil) }

  deinit {
    pthread_rwlock_destroy(lock)
    lock.deallocate()
  }

  func read(_ body: () -> Void) {
    pthread_rwlock_rdlock(lock)
    body()
    pthread_rwlock_unlock(lock)
  }
}
