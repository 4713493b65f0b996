import Dispatch
import Foundation
import Interleave
import Testing

/// A proof is claimed only over what is known: everything else keeps it from being claimed, and
/// is named.
@Suite struct ProofTests {
  private func report(
    _ strategy: FuzzConfiguration.StrategyChoice = .reduction,
    _ body: @escaping @Sendable () async throws -> Void
  ) async -> (FuzzReport, FuzzFailure?) {
    var configuration = FuzzConfiguration()
    configuration.strategy = strategy
    configuration.seed = 1
    configuration.corpus = .none
    configuration.checks.remove(.nothingInterleaved)
    let outcome = await Fuzzer(configuration).run(named: "proof", body)
    return (outcome.report, outcome.failure)
  }

  #if os(Linux) && arch(x86_64)
    private func check(_ program: ProofProgram) async {
      let (report, failure) = await report(.reduction, program.body)
      #expect(failure == nil)
      #expect(report.isExhaustive == (program.obstacle == nil), "\(report)")
      if let obstacle = program.obstacle {
        #expect(report.warnings.contains { $0.contains(obstacle) }, "\(report.warnings)")
      }
    }

    // MARK: What a step does that other tasks could come between

    static let divided: [ProofProgram] = [
      .withheld(
        "several things",
        withChoice {
          let box = ProofBox()
          async let one: Void = { if box.get() == 0 { box.raise() } }()
          async let other: Void = { if box.get() == 0 { box.raise() } }()
          _ = await (one, other)
        }),
      .withheld(
        "several things",
        withChoice {
          let task = Task { Task.isCancelled }
          task.cancel()
          _ = await task.value
        }),
      .withheld(
        "several things",
        withChoice {
          let box = ProofBox()
          let task = Task { box.set(1) }
          _ = box.get()
          await task.value
        }),
      .withheld(
        "several things",
        withChoice {
          _ = await withTaskGroup(of: Bool.self) { group in
            group.addTask { Task.isCancelled }
            group.cancelAll()
            return await group.next()
          }
        }),
      .withheld(
        "several things",
        withChoice {
          let (stream, continuation) = AsyncStream<Int>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
          let task = Task {
            var all: [Int] = []
            for await value in stream { all.append(value) }
            return all
          }
          await Task.yield()
          continuation.yield(1)
          continuation.yield(2)
          continuation.finish()
          _ = await task.value
        }),
      .withheld(
        "several things",
        {
          let room = ProofDesk()
          let one = Task { @SecondDesk in
            await room.enter("0")
            await room.enter("0")
          }
          let other = Task { @SecondDesk in await room.enter("1") }
          await one.value
          await other.value
        }),
      .withheld(
        "several things",
        withChoice {
          let task = Task {
            let box = ProofBox()
            await withTaskCancellationHandler {
              _ = box.get()
              _ = box.get()
            } onCancel: {
              box.set(1)
            }
          }
          task.cancel()
          await task.value
        }),
    ]

    @Test(arguments: divided.indices)
    func aStepThatOthersCouldDivideIsNoProof(index: Int) async {
      await check(Self.divided[index])
    }

    static let whole: [ProofProgram] = [
      .proved(
        withChoice {
          let box = ProofBox()
          async let one: Void = box.raise()
          async let other: Void = box.raise()
          _ = await (one, other)
        }),
      .proved(
        withChoice {
          let box = ProofBox()
          let other = ProofBox()
          let task = Task { box.set(1) }
          _ = other.get()
          await task.value
        }),
      .proved(
        withChoice {
          let task = Task {
            await Task.yield()
            return Task.isCancelled
          }
          await Task.yield()
          task.cancel()
          _ = await task.value
        }),
      .proved {
        await withTaskGroup(of: Void.self) { group in
          let desk = ProofDesk()
          for entry in ["a", "b", "c"] { group.addTask { await desk.enter(entry) } }
        }
      },
      .proved {
        let desk = ProofDesk()
        async let one: Void = desk.call()
        async let other: Void = desk.enter("other")
        _ = await (one, other)
      },
      .proved {
        let desk = ProofDesk()
        async let one: Void? = try? desk.failIfFull()
        async let other: Void? = try? desk.failIfFull()
        _ = await (one, other)
      },
      .proved(
        withChoice {
          let (stream, continuation) = AsyncStream<Int>.makeStream()
          let task = Task {
            for await value in stream { return value }
            return 0
          }
          await Task.yield()
          continuation.yield(1)
          _ = await task.value
        }),
    ]

    @Test(arguments: whole.indices)
    func aStepThatNobodyCouldDivideKeepsTheProof(index: Int) async {
      await check(Self.whole[index])
    }

    // MARK: What other libraries do

    static let unknown: [ProofProgram] = [
      .withheld(
        "calls `DispatchGroup",
        {
          await besides {
            let group = DispatchGroup()
            group.enter()
            group.leave()
          }
        }),
      .withheld("calls `sem_trywait`", { await besides { _ = ProofSemaphore().tryToTake() } }),
      .withheld("calls `pthread_rwlock_trywrlock`") {
        let lock = ProofRWLock()
        await besides({ _ = lock.tryToWrite() }, { _ = lock.tryToWrite() })
      },
      .withheld(
        "calls `UserDefaults.set", { await besides { proofDefaults.value.set(1, forKey: "a") } }),
      .withheld(
        "calls `static NotificationCenter.default|calls `NotificationCenter.default",
        {
          await besides {
            NotificationCenter.default.post(name: Notification.Name("proof"), object: nil)
          }
        }),
      .withheld(
        "calls `Progress.", { await besides { proofProgress.value.completedUnitCount += 1 } }),
      .withheld(
        "calls `NSConditionLock",
        {
          await besides {
            let lock = NSConditionLock(condition: 0)
            lock.lock(whenCondition: 0)
            lock.unlock(withCondition: 1)
          }
        }),
      .withheld(
        "calls `DispatchWorkItem",
        {
          let item = Handed(DispatchWorkItem {})
          await besides({ item.value.cancel() }, { _ = item.value.isCancelled })
        }),
      .withheld("getSpecific") {
        let queue = Handed(DispatchQueue(label: "proof"))
        await besides { _ = queue.value.getSpecific(key: proofKey) }
      },
      .withheld("calls `setenv`", { await besides { setenv("INTERLEAVE_PROOF", "1", 1) } }),
      .withheld(
        "calls `FileManager.default",
        { await besides { _ = FileManager.default.fileExists(atPath: "/nowhere") } }),
      .withheld("pthread_mutex_trylock") {
        let box = ProofBox()
        await besides({ box.raise() }, { if box.lock.try() { box.lock.unlock() } })
      },
    ]

    @Test(arguments: unknown.indices)
    func whatIsNotKnownOfAnotherLibraryIsNoProof(index: Int) async {
      var program = Self.unknown[index]
      let obstacles = program.obstacle?.split(separator: "|").map(String.init) ?? []
      let (report, failure) = await report(.reduction, program.body)
      #expect(failure == nil)
      #expect(!report.isExhaustive)
      program.obstacle = obstacles.first { obstacle in
        report.warnings.contains { $0.contains(obstacle) }
      }
      #expect(program.obstacle != nil, "\(report.warnings)")
    }

    static let known: [@Sendable () -> Void] = [
      { _ = String(format: "%d", 1) + UUID().uuidString },
      { _ = Date().addingTimeInterval(1) },
      { _ = try? JSONEncoder().encode(["a": 1]) },
      { _ = Data([1, 2, 3]).base64EncodedString() },
      { _ = URL(string: "https://swift.org")?.path },
      { proofRecursiveLock.withLock {} },
      { print("", terminator: "") },
    ]

    @Test(arguments: known.indices)
    func whatIsKnownOfAnotherLibraryKeepsTheProof(index: Int) async {
      let work = Self.known[index]
      await check(.proved { await besides(work, work) })
    }

    // MARK: When objects are freed

    @Test func aWeakReferenceThatIsReadIsNoProof() async {
      await check(
        .withheld("asks whether an object still exists") {
          let desk = ProofDesk()
          async let one: Void = { [weak desk] in await desk?.enter("one") }()
          async let other: Void = desk.enter("other")
          _ = await (one, other)
        })
      await check(
        .proved {
          let desk = ProofDesk()
          async let one: Void = { [desk] in await desk.enter("one") }()
          async let other: Void = desk.enter("other")
          _ = await (one, other)
        })
    }

    @Test func anObjectThatDoesSomethingWhenItIsFreedIsNoProof() async {
      let box = ProofBox()
      await check(
        .withheld("does something when the last task lets go of its object") {
          let note = ProofNoteThatTells(box)
          await besides({ _ = note }, { _ = note })
        })
      await check(
        .proved {
          let note = ProofNote(box)
          await besides({ _ = note }, { _ = note })
        })
    }

    // MARK: Cancellation

    @Test func whoAsksWhetherAnotherTaskIsCancelledDependsOnWhoCancelsIt() async {
      let answers = SeenAnswers()
      let (report, failure) = await report(.reduction) {
        let task = Task {}
        await task.value
        let asker = Task { @SecondDesk in
          let isCancelled = task.isCancelled
          await ProofDesk().enter("asked")
          return isCancelled
        }
        let canceller = Task { @FirstDesk in
          for _ in 0..<3 { await ProofDesk().enter("waits") }
          task.cancel()
          await ProofDesk().enter("cancelled")
        }
        await canceller.value
        answers.add(await asker.value)
      }
      #expect(failure == nil)
      #expect(report.isExhaustive, "\(report)")
      #expect(answers.seen == [false, true])
    }

    @Test func whatAGroupCancelsByItselfIsNoProof() async {
      await check(
        .withheld("a task was cancelled, and it was not seen by whom") {
          try? await withThrowingDiscardingTaskGroup { group in
            group.addTask { await lookAtCancellation() }
            group.addTask { try await enterOften(fails: true) }
          }
        })
      await check(
        .proved {
          try? await withThrowingDiscardingTaskGroup { group in
            group.addTask { await lookAtCancellation() }
            group.addTask { try await enterOften(fails: false) }
          }
        })
    }

    // MARK: Time

    @Test func aStepThatSleepsIsNoProofWhereClocksAreRead() async {
      await check(
        .withheld("a step slept without being suspended, and clocks were read") {
          await besides({ usleep(10) }, { _ = Date() })
        })
      await check(.proved { await besides({ usleep(10) }, { usleep(10) }) })
      await check(.proved { await besides({ _ = Date() }, { _ = Date() }) })
    }

    // MARK: Where there is only one schedule

    @Test func theOnlyScheduleIsAProofOnlyWhereItsStepsAreWhole() async {
      let (divided, _) = await report(.portfolio) {
        let box = ProofBox()
        let task = Task { box.set(1) }
        _ = box.get()
        await task.value
      }
      #expect(divided.choices == 0)
      #expect(!divided.isExhaustive, "\(divided)")
      let (whole, _) = await report(.portfolio) {
        let box = ProofBox()
        let task = Task { box.set(1) }
        await task.value
        _ = box.get()
      }
      #expect(whole.choices == 0)
      #expect(whole.isExhaustive, "\(whole)")
    }

    @Test func aSearchOfAllSchedulesIsAProofOnlyWhereStepsAreWhole() async {
      let (divided, _) = await report(.depthFirst) {
        let box = ProofBox()
        async let one: Void = { if box.get() == 0 { box.raise() } }()
        async let other: Void = { if box.get() == 0 { box.raise() } }()
        _ = await (one, other)
      }
      #expect(!divided.isExhaustive, "\(divided)")
      let (whole, _) = await report(.depthFirst) {
        let box = ProofBox()
        async let one: Void = box.raise()
        async let other: Void = box.raise()
        _ = await (one, other)
      }
      #expect(whole.isExhaustive, "\(whole)")
    }
  #endif

  @Test func runsInChildProcessesAreNoProof() async {
    var configuration = FuzzConfiguration()
    configuration.strategy = .reduction
    configuration.schedules = 64
    configuration.seed = 1
    configuration.corpus = .none
    configuration.isolation = .process
    let outcome = await Fuzzer(configuration).run(named: "proof in processes") {
      await besides {
        setenv("INTERLEAVE_PROOF", "1", 1)
      }
    }
    #expect(outcome.failure == nil)
    #expect(!outcome.report.isExhaustive)
  }
}

private final class SeenAnswers: @unchecked Sendable {
  private let lock = NSLock()
  private var answers: Set<Bool> = []

  func add(_ answer: Bool) { lock.withLock { _ = answers.insert(answer) } }
  var seen: Set<Bool> { lock.withLock { answers } }
}
