import Foundation
import InterleaveEngine
import Testing

/// The dependency relation at the grain of interrupted steps, and what is proved by it.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct SegmentTests {
  #if DEBUG
    private static let programs = 4
  #else
    /// Where it is optimised, brute force takes less time.
    private static let programs = 24
  #endif

  private static func machine(_ interruptions: Interruptions) throws -> Machine {
    var settings = MachineSettings()
    settings.interruptions = interruptions
    return try Machine(settings: settings)
  }

  /// Searches the segments of a program's steps.
  private func search(
    _ body: @escaping @Sendable (Notes) async -> Void
  ) async throws -> Exploration {
    try await onThread {
      Exploration.reduced(try Self.machine(.before), limit: 5_000, grain: .segments, body)
    }
  }

  /// What is taken to be all is compared with more than that: each schedule of steps that are
  /// interrupted before operations and after them.
  @Test(arguments: [0, 1] as [UInt64])
  func everyOutcomeOfRandomProgramsWithLocksIsFoundWhereThatIsProved(part: UInt64) async throws {
    let (wrong, compared) = try await onThread {
      let oracle = try Self.machine(.everywhere)
      let machine = try Self.machine(.before)
      var (wrong, compared) = ([String](), 0)
      var seed = part * 1_000_000
      while compared < Self.programs, wrong.count < 5 {
        seed += 1
        let program = ActorProgram.divided(seed: seed)
        let body: @Sendable (Notes) async -> Void = { await program.run($0) }
        let search = Exploration.reduced(machine, limit: 120, grain: .segments, body)
        guard search.isExhausted, !search.isDivided, search.interleavings > 1,
          let all = Exploration.outcomes(oracle, limit: 600, body), all.count > 1
        else { continue }
        compared += 1
        if search.observations != all {
          wrong.append(
            "seed \(seed): \(search.observations.count) of \(all.count) outcomes\n  \(program)")
        }
      }
      return (wrong, compared)
    }
    for program in wrong { Issue.record(Comment(rawValue: program)) }
    #expect(compared == Self.programs)
  }

  @Test func sectionsOfALockAreInterleavedInEachOrder() async throws {
    let result = try await search { notes in
      let lock = NSLock()
      let work: @Sendable (String) -> Void = { name in
        for part in 1...2 { lock.withLock { notes.add("\(name)\(part)", to: "lock") } }
      }
      let one = Task { work("a") }
      let other = Task { work("b") }
      _ = await (one.value, other.value)
    }
    #expect(result.isExhausted && !result.isDivided)
    #expect(result.observations.count == 6)
  }

  @Test func whoHoldsALockKeepsOthersOutWhereverItIsInterrupted() async throws {
    let result = try await search { notes in
      let (outer, inner) = (NSLock(), NSLock())
      let work: @Sendable (String) -> Void = { name in
        outer.withLock {
          notes.add("\(name) begins", to: "outer")
          inner.withLock {}
          notes.add("\(name) ends", to: "outer")
        }
      }
      let one = Task { work("a") }
      let other = Task { work("b") }
      _ = await (one.value, other.value)
    }
    #expect(result.isExhausted && !result.isDivided)
    let (a, b) = (["a begins", "a ends"], ["b begins", "b ends"])
    #expect(result.observations == [["outer": a + b], ["outer": b + a]])
  }

  @Test func aTaskThatIsCancelledRightAwayMayHaveBegunBefore() async throws {
    let result = try await search { notes in
      let task = Task { notes.add("\(Task.isCancelled)", to: "task") }
      task.cancel()
      await task.value
    }
    #expect(result.isExhausted && !result.isDivided)
    #expect(result.observations == [["task": ["false"]], ["task": ["true"]]])
  }

  /// An actor is kept by who need not wait, and let go by who does: others waited for it before.
  @Test func aContinuationThatIsResumedBeforeItsTaskIsSuspendedKeepsTheActor() async throws {
    let result = try await search { notes in
      let latch = Latch()
      let room = Room("room", notes)
      let waiter = Task { await room.pause("waiter", at: latch) }
      let visitor = Task { await room.visit("visitor") }
      let opener = Task { latch.open() }
      _ = await (waiter.value, visitor.value, opener.value)
    }
    #expect(result.isExhausted && !result.isDivided)
    #expect(
      result.observations == [
        ["room": ["waiter", "waiter'", "visitor"]], ["room": ["waiter", "visitor", "waiter'"]],
        ["room": ["visitor", "waiter", "waiter'"]],
      ])
  }

  @Test(arguments: Latch.Pause.allCases)
  func whoIsResumedBeforeItIsSuspendedComesBeforeThoseWhoWaitForTheActor(pause: Latch.Pause)
    async throws
  {
    let result = try await search { notes in
      let latch = Latch()
      let room = Room("room", notes)
      let waiter = Task { await room.hold("waiter", against: "visitor", at: latch, pause) }
      let opener = Task { notes.add("\(latch.open())", to: "opener") }
      _ = await (waiter.value, opener.value)
    }
    #expect(result.isExhausted && !result.isDivided)
    #expect(
      result.observations == [
        // The latch was open before, or was opened before the waiter was suspended, or after.
        ["room": ["waiter", "waiter'", "visitor"], "opener": ["0"]],
        ["room": ["waiter", "waiter'", "visitor"], "opener": ["1"]],
        ["room": ["waiter", "visitor", "waiter'"], "opener": ["1"]],
      ])
  }

  /// Who had a lock first need not be the first to end.
  @Test func childrenOfAGroupEndInAnyOrderWhicheverHadALockFirst() async throws {
    let result = try await search { notes in
      let lock = NSLock()
      await withTaskGroup(of: String.self) { group in
        for name in ["a", "b"] {
          group.addTask {
            lock.withLock { notes.add(name, to: "lock") }
            return name
          }
        }
        for await name in group { notes.add(name, to: "group") }
      }
    }
    #expect(result.isExhausted && !result.isDivided)
    let orders = [["a", "b"], ["b", "a"]]
    let all = orders.flatMap { first in orders.map { ["lock": first, "group": $0] } }
    #expect(result.observations == Set(all))
  }

  // MARK: What is not understood proves nothing

  static let voids: [(ReductionLimits, @Sendable (Notes) async -> Void)] = [
    (
      .interruptions,
      { _ in
        let semaphore = DispatchSemaphore(value: 0)
        async let one: Void = { semaphore.wait(for: ()) }()
        async let other: Void = { _ = semaphore.signal() }()
        _ = await (one, other)
      }
    ),
    (
      .interruptions,
      { _ in
        let lock = NSLock()
        async let one: Void = { if lock.try() { lock.unlock() } }()
        async let other: Void = { lock.withLock {} }()
        _ = await (one, other)
      }
    ),
    (
      .interruptions,
      { _ in
        let queue = DispatchQueue(label: "segments")
        async let one: Void = queue.sync {}
        async let other: Void = queue.sync {}
        _ = await (one, other)
      }
    ),
    (.timers, { _ in try? await Task.sleep(nanoseconds: 1) }),
  ]

  @Test(arguments: voids.indices)
  func whatIsNotUnderstoodInsideAStepProvesNothing(index: Int) async throws {
    let result = try await search(Self.voids[index].1)
    #expect(!result.isExhausted)
    #expect(result.limits.contains(Self.voids[index].0))
  }

  /// Of what a segment does in one go, others could see the one thing without the other.
  @Test func aSegmentThatOthersCouldDivideIsNoWhole() async throws {
    let result = try await search { notes in
      let lock = NSLock()
      let room = Room("room", notes)
      let work: @Sendable (String) -> Void = { name in
        lock.withLock { notes.add(name, to: "lock") }
        Task { await room.visit(name) }
        Task { @MainActor in notes.add(name, to: "main") }
      }
      let one = Task { work("a") }
      let other = Task { work("b") }
      _ = await (one.value, other.value)
    }
    #expect(result.isDivided)
  }
}

extension DispatchSemaphore {
  /// As `wait()`, which async code must not call by that name.
  fileprivate func wait(for _: Void) { wait() }
}
