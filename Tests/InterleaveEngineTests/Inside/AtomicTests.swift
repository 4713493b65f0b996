#if os(Linux) && arch(x86_64)
  import InterleaveAtomicBugs
  import InterleaveBugs
  import InterleaveEngine
  import Synchronization
  import Testing

  /// The atomic instructions of the program are places at which a step can be interrupted.
  @Suite(
    .enabled(if: Interruptions.obstacle == nil && Interruptions.obstacleAtAtomics == nil))
  struct AtomicTests {
    /// An operation that is one instruction, or a loop around one.
    struct Operation: Sendable, CustomStringConvertible {
      var description: String
      /// Does it twice, to something of its own that both tasks see, and tells whether what that came
      /// to is right once both are done.
      var make: @Sendable () -> (act: @Sendable () -> Void, isRight: @Sendable () -> Bool)
    }

    static let operations: [Operation] = [
      Operation(description: "add") {
        let word = Words()
        return (
          { for _ in 0..<2 { word.int.add(1, ordering: .relaxed) } },
          { word.int.load(ordering: .relaxed) == 4 }
        )
      },
      Operation(description: "add to a byte") {
        let word = Words()
        return (
          { for _ in 0..<2 { word.byte.add(1, ordering: .relaxed) } },
          { word.byte.load(ordering: .relaxed) == 4 }
        )
      },
      Operation(description: "subtract, with a result") {
        let word = Words()
        return (
          { for _ in 0..<2 { word.keep(word.short.subtract(1, ordering: .relaxed).newValue < 0) } },
          { word.short.load(ordering: .relaxed) == -4 && word.isKept }
        )
      },
      Operation(description: "exchange of a flag") {
        let word = Words()
        return (
          { for _ in 0..<2 { word.keep(word.flag.exchange(true, ordering: .relaxed)) } },
          { word.flag.load(ordering: .relaxed) && word.isKept }
        )
      },
      Operation(description: "store that all agree upon") {
        let word = Words()
        return (
          { for n in 1...2 { word.int.store(n, ordering: .sequentiallyConsistent) } },
          { word.int.load(ordering: .relaxed) == 2 }
        )
      },
      Operation(description: "compare and exchange") {
        let word = Words()
        return (
          {
            for n in 0..<2 {
              word.keep(
                word.int.compareExchange(expected: n, desired: n + 1, ordering: .relaxed).exchanged)
            }
          },
          { word.int.load(ordering: .relaxed) == 2 && word.isKept }
        )
      },
      Operation(description: "compare and exchange of two words") {
        let word = Words()
        return (
          {
            for n in UInt(0)..<2 {
              let old = WordPair(first: n, second: n)
              word.keep(
                word.pair.compareExchange(
                  expected: old, desired: WordPair(first: n + 1, second: n + 1), ordering: .relaxed
                ).exchanged)
            }
          },
          { word.pair.load(ordering: .relaxed).second == 2 && word.isKept }
        )
      },
      Operation(description: "bitwise or") {
        let word = Words()
        return (
          {
            for bit in 0..<2 {
              word.keep(word.int.bitwiseOr(1 << bit, ordering: .relaxed).newValue > 0)
            }
          },
          { word.int.load(ordering: .relaxed) == 3 && word.isKept }
        )
      },
    ]

    @Test(arguments: operations)
    func eachIsAPointAndDoesWhatItDoes(_ operation: Operation) async throws {
      let outcome = try await onThread {
        let machine = try machineWithPoints()
        var right = 0
        var ends: [RunEnd: Int] = [:]
        var interrupted = 0
        for seed in 0..<100 {
          let (act, isRight) = operation.make()
          let end = machine.run(RandomWalk(), RunStart(index: seed, seed: UInt64(seed))) {
            Task { await both(act, act) }
          }
          ends[end, default: 0] += 1
          interrupted += machine.recordedSchedule().steps.count { $0.reason == .interrupted }
          right += isRight() ? 1 : 0
          machine.finish()
        }
        return (right, ends, interrupted)
      }
      #expect(outcome.0 == 100)
      #expect(outcome.1 == [.clean: 100])
      #expect(outcome.2 > 30)
    }

    /// A run without interruptions comes to none of them.
    @Test func withoutInterruptionsThereAreNone() async throws {
      let operation = try #require(Self.operations.first)
      let interrupted = try await onThread {
        let machine = try Machine(settings: MachineSettings())
        let (act, _) = operation.make()
        _ = machine.run(RandomWalk(), RunStart(index: 0, seed: 0)) { Task { await both(act, act) } }
        defer { machine.finish() }
        return machine.recordedSchedule().steps.count { $0.reason == .interrupted }
      }
      #expect(interrupted == 0)
    }

    /// Other threads of the process run the same code meanwhile.
    @Test func threadsOfNoRunAreLeftAlone() async throws {
      let (shared, isOver) = (Words(), Words())
      let counted = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2 {
          group.addTask {
            try await onThread {
              var count = 0
              repeat {
                shared.int.add(1, ordering: .relaxed)
                shared.byte.wrappingAdd(1, ordering: .relaxed)
                count += 1
              } while !isOver.flag.load(ordering: .relaxed)
              return count
            }
          }
        }
        try await onThread {
          let machine = try machineWithPoints()
          for seed in 0..<200 {
            let own = Words()
            let act: @Sendable () -> Void = {
              own.int.add(1, ordering: .relaxed)
              own.byte.wrappingAdd(1, ordering: .relaxed)
            }
            _ = machine.run(RandomWalk(), RunStart(index: seed, seed: UInt64(seed))) {
              Task { await both(act, act) }
            }
            machine.finish()
            #expect(own.int.load(ordering: .relaxed) == 2 && own.byte.load(ordering: .relaxed) == 2)
          }
        }
        isOver.flag.store(true, ordering: .relaxed)
        return try await group.reduce(0, +)
      }
      #expect(shared.int.load(ordering: .relaxed) == counted)
      #expect(shared.byte.load(ordering: .relaxed) == UInt8(truncatingIfNeeded: counted))
    }

    @Test func twoMutexesInEitherOrderTellWhoHoldsAndWhoWaits() async throws {
      let program = try #require(BugProgram.insideAtomics.first { $0.name.contains("eitherorder") })
      let waits = try await onThread { () -> [LockWait] in
        let machine = try machineWithPoints()
        for seed in 0..<100 {
          let end = machine.run(RandomWalk(), RunStart(index: seed, seed: UInt64(seed))) {
            Task { try? await program.body() }
          }
          let waits = machine.lockWaits
          machine.finish()
          if end == .stuck { return waits }
        }
        return []
      }
      let held = waits.filter { $0.holder != nil }
      #expect(held.count == 2)
      #expect(Set(held.map(\.task)) == Set(held.compactMap(\.holder)))
      #expect(held.allSatisfy { $0.site != 0 && $0.heldSince != 0 && $0.holder != $0.task })
    }
  }

  private func machineWithPoints() throws -> Machine {
    var settings = MachineSettings()
    settings.interruptions = .before
    return try Machine(settings: settings)
  }

  private final class Words: Sendable {
    let int = Atomic(0)
    let byte = Atomic(UInt8(0))
    let short = Atomic(Int16(0))
    let flag = Atomic(false)
    let pair = Atomic(WordPair(first: 0, second: 0))
    private let kept = Atomic(0)

    /// Makes sure that an operation's result is asked for.
    func keep(_ value: Bool) { kept.store(value ? 1 : 2, ordering: .releasing) }
    var isKept: Bool { kept.load(ordering: .acquiring) > 0 }
  }
#endif
