import Foundation
import InterleaveEngine
import Testing

/// What a step does to its thread, while another is interrupted inside, is contained as ever.
@Suite(.enabled(if: Interruptions.obstacle == nil)) struct StoppedInsideTests {
  @Test func aCrashBesideAnInterruptedStepIsContained() async throws {
    let stops = try await stops(of: 5, hangLimit: 0) { crash() }
    #expect(stops.count == 5)
    #expect(
      stops.allSatisfy {
        if case .signal(let number, _) = $0.cause { number == SIGSEGV } else { false }
      })
    #expect(stops.allSatisfy { !$0.frames.isEmpty })
  }

  @Test func aStackThatOverflowsIsToldFromOtherCrashes() async throws {
    let stops = try await stops(of: 2, hangLimit: 0) { _ = descend(0) }
    #expect(stops.map(\.cause) == [.stackOverflow, .stackOverflow])
  }

  @Test func whatNeverReturnsIsStopped() async throws {
    let stops = try await stops(of: 1, hangLimit: 200_000_000) {
      // A loop that does nothing is not there in an optimised build.
      while getpid() > 0 {}
    }
    #expect(stops.map(\.cause) == [.hang(isAsleep: false)])
  }

  #if os(Linux)
    @Test func theStacksOfStepsThatNeverGoOnAreGivenBack() async throws {
      await #expect(processExitsWith: .success) {
        let before = try mappings()
        let deadlocks = try await deadlocks(runs: 300)
        precondition(deadlocks > 30, "\(deadlocks)")
        let after = try mappings()
        precondition(after - before < 60, "\(after - before) for \(deadlocks)")
      }
    }
  #endif

  /// Runs a program in which one task does something while another is interrupted inside, on one
  /// machine, as often as asked for.
  private func stops(
    of count: Int, hangLimit: Int64, _ act: @escaping @Sendable () -> Void
  ) async throws -> [StepStop] {
    try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      var stops: [StepStop] = []
      for seed in 0..<count {
        let lock = NSLock()
        let outcome = Containment.run(hangLimit: hangLimit) {
          let strategy = Interrupter()
          return machine.run(strategy, RunStart(index: seed, seed: UInt64(seed))) {
            Task {
              await both(
                {
                  lock.withLock {}
                  lock.withLock {}
                }, act)
            }
          }
        }
        if case .stopped(let stop) = outcome { stops.append(stop) }
        let program = InsideProgram.mended[3]
        let end = machine.run(RandomWalk(), RunStart(index: seed, seed: UInt64(seed))) {
          Task { _ = await program.body() }
        }
        #expect(end == .clean, "the machine can be used again")
        machine.finish()
      }
      return stops
    }
  }
}

private func crash() {
  if let nowhere = UnsafeMutablePointer<Int>(bitPattern: 8) { nowhere.pointee = 1 }
}

/// Comes to the end of its stack, and not by a call of the allocator: more than a kilobyte at a time
/// may be put on the heap.
@inline(never)
private func descend(_ depth: Int) -> Int {
  withUnsafeTemporaryAllocation(of: Int.self, capacity: 100) { words in
    words[0] = depth
    return descend(depth + 1) + words[0]
  }
}

#if os(Linux)
  /// How many mappings of memory the process has.
  private func mappings() throws -> Int {
    try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n").count
  }

  /// How many of so many runs end with two steps that are inside, and wait for each other's locks.
  private func deadlocks(runs: Int) async throws -> Int {
    try await onThread {
      var settings = MachineSettings()
      settings.interruptions = .before
      let machine = try Machine(settings: settings)
      let ends = (0..<runs).map { seed in
        let (first, second) = (NSLock(), NSLock())
        let end = machine.run(RandomWalk(), RunStart(index: seed, seed: UInt64(seed))) {
          Task {
            await both(
              { first.withLock { second.withLock {} } }, { second.withLock { first.withLock {} } })
          }
        }
        machine.finish()
        return end
      }
      return ends.count { $0 == .stuck }
    }
  }
#endif
