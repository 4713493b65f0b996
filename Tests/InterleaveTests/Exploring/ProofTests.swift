import Dispatch
import Foundation
import Interleave
import Testing

/// A proof is claimed only over what is known: everything else keeps it from being claimed, and
/// is named.
@Suite struct ProofTests {
  #if os(Linux) && arch(x86_64)
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
      .withheld("calls `setenv`", { await besides { setenv("PROOF_OF_TESTS", "1", 1) } }),
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
      let (report, failure) = await ProofProgram.run(program.body)
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
      await expect(.proved { await besides(work, work) })
    }

    // MARK: Cancellation

    @Test func whoAsksWhetherAnotherTaskIsCancelledDependsOnWhoCancelsIt() async {
      let answers = SeenAnswers()
      let (report, failure) = await ProofProgram.run {
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
      await expect(
        .withheld("a task was cancelled, and it was not seen by whom") {
          try? await withThrowingDiscardingTaskGroup { group in
            group.addTask { await lookAtCancellation() }
            group.addTask { try await enterOften(fails: true) }
          }
        })
      await expect(
        .proved {
          try? await withThrowingDiscardingTaskGroup { group in
            group.addTask { await lookAtCancellation() }
            group.addTask { try await enterOften(fails: false) }
          }
        })
    }

    // MARK: Time

    @Test func aStepThatSleepsIsNoProof() async {
      let others: [@Sendable () -> Void] = [{ usleep(10) }, { _ = Date() }]
      for other in others {
        await expect(
          .withheld("a step slept, or waited for a limited time, without being suspended") {
            await besides({ usleep(10) }, other)
          })
      }
      await expect(.proved { await besides({ _ = Date() }, { _ = Date() }) })
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
        setenv("PROOF_OF_TESTS", "1", 1)
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
