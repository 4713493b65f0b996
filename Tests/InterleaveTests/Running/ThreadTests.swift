#if os(Linux)
  import Dispatch
  import Foundation
  import Interleave
  import InterleaveBugs
  import InterleaveEngine
  import Testing

  /// Threads that a run makes are tasks of the run.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct ThreadTests {
    private func passes(
      schedules: Int = 300, _ body: @escaping @Sendable () async throws -> Void
    ) async -> FuzzOutcome {
      let outcome = await fuzzed(
        schedules: schedules, { $0.checks.remove(.nothingInterleaved) }, body: body)
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(outcome.report.escapes.isEmpty, "\(outcome)")
      #expect(outcome.report.warnings.isEmpty, "\(outcome)")
      return outcome
    }

    private func fails(
      _ kind: FuzzFailure.Kind, _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> FuzzFailure {
      let outcome = await fuzzed(schedules: 1_000, body: body)
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.kind == kind, "\(failure)")
      return failure
    }

    // MARK: What they find

    @Test func theRaceOfTwoIsFoundAndTold() async throws {
      let body: @Sendable (Bool) throws -> Void = { isMended in
        let balance = Locked(0)
        let threads = (0..<2).map { number in
          let done = DispatchSemaphore(value: 0)
          Thread.detachNewThread {
            Thread.current.name = "payer \(number)"
            if isMended {
              balance { $0 += 1 }
            } else {
              let before = balance.get()
              balance.set(before + 1)
            }
            done.signal()
          }
          return done
        }
        for done in threads { done.wait() }
        #expect(balance.get() == 2)
      }
      let failure = try await fails(.expectation) { try body(false) }
      #expect("\(failure)".contains("thread 1 `payer 0`"), "\(failure)")
      #expect("\(failure)".contains("thread 2 `payer 1`"), "\(failure)")
      #expect(failure.interleaving.preemptions <= 2, "\(failure)")
      _ = await passes { try body(true) }
    }

    @Test func twoThatWaitForEachOthersLocksAreTold() async throws {
      let failure = try await fails(.deadlock) {
        let (one, other) = (NSLock(), NSLock())
        onThreads({ nest(one, other) }, { nest(other, one) })
      }
      #expect(failure.message.contains("2 tasks wait for each other"), "\(failure)")
      #expect(failure.message.contains("thread 1"), "\(failure)")
    }

    @Test func aThreadAndTheTaskThatWaitsForItAreTold() async throws {
      let failure = try await fails(.deadlock) {
        let lock = NSLock()
        let thread = JoinableThread { lock.section {} }
        lock.section { thread.join() }
      }
      #expect(failure.message.contains("to end"), "\(failure)")
    }

    @Test func aCrashInOneIsAFinding() async throws {
      let failure = try await fails(.crash) {
        let left = Locked(1)
        onThreads(2) { _ in
          guard left.get() > 0 else { return }
          let isLast = left { count in
            count -= 1
            return count >= 0
          }
          if !isLast { fatalError("nothing is left") }
        }
      }
      #expect(failure.message.contains("nothing is left"), "\(failure)")
    }

    @Test func oneThatOutlivesTheBodyIsALeakByName() async throws {
      let failure = try await fails(.leakedTask) {
        let isOver = NSLock()
        take(isOver)
        Thread.detachNewThread {
          Thread.current.name = "listener"
          take(isOver)
        }
        async let other: Void = Task.yield()
        async let another: Void = Task.yield()
        _ = await (other, another)
      }
      #expect(failure.message.contains("thread 1 `listener`"), "\(failure)")
    }

    @Test func oneThatGoesOnForATimeIsNone() async {
      _ = await passes {
        let count = Locked(0)
        for _ in 0..<2 {
          Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 3_600)
            count { $0 += 1 }
          }
        }
      }
    }

    // MARK: What they are

    @Test func eachIsAThreadOfItsOwn() async {
      _ = await passes {
        let here = currentThread()
        let marks = Locked([String]())
        let selves = Locked([pthread_self()])
        let all = DispatchGroup()
        for name in ["a", "b"] {
          all.enter()
          Thread.detachNewThread {
            let mine = Thread.current
            #expect(currentThread() != here)
            mine.name = name
            #expect(mine.name == name)
            #expect(!Thread.isMainThread)
            #expect(mine.isExecuting)
            mine.threadDictionary["mark"] = name
            selves { $0.append(pthread_self()) }
            marks { $0.append(mine.threadDictionary["mark"] as? String ?? "") }
            #expect(currentThread() == ObjectIdentifier(mine))
            all.leave()
          }
        }
        all.wait()
        #expect(marks.get().sorted() == ["a", "b"])
        #expect(Set(selves.get()).count == 3)
      }
    }

    @Test func whatOneKeepsIsLetGoOfAtItsEnd() async {
      let freed = Locked(0)
      let outcome = await passes(schedules: 50) {
        onThreads(2) { _ in
          Thread.current.threadDictionary["mark"] = Mark { freed { $0 += 1 } }
        }
      }
      #expect(freed.get() >= 2 * outcome.report.schedules)
    }

    @Test func itsResultIsHandedOver() async {
      _ = await passes {
        for ends in [true, false] {
          var thread = pthread_t()
          let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? =
            ends
            ? { pthread_exit($0?.advanced(by: 1)) } : { $0?.advanced(by: 1) }
          pthread_create(&thread, nil, start, UnsafeMutableRawPointer(bitPattern: 41))
          var result: UnsafeMutableRawPointer?
          #expect(pthread_join(thread, &result) == 0)
          #expect(UInt(bitPattern: result) == 42)
          #expect(pthread_join(thread, nil) == EINVAL)
        }
        async let other: Void = Task.yield()
        async let another: Void = Task.yield()
        _ = await (other, another)
      }
    }

    @Test func oneIsCancelledAndHasFinished() async {
      _ = await passes {
        let done = DispatchSemaphore(value: 0)
        let turns = Locked(0)
        let thread = Thread {
          while !Thread.current.isCancelled {
            turns { $0 += 1 }
            Thread.sleep(forTimeInterval: 0.01)
          }
          done.signal()
        }
        thread.start()
        pause(0.05)
        thread.cancel()
        done.wait()
        #expect(thread.isCancelled)
        #expect(turns.get() > 0)
      }
    }

    @Test func tasksThatOneMakesAreOfTheRun() async {
      _ = await passes {
        let log = Locked([Int]())
        await withCheckedContinuation { continuation in
          Thread.detachNewThread {
            Task {
              log { $0.append(1) }
              continuation.resume()
            }
          }
        }
        #expect(log.get() == [1])
        async let other: Void = Task.yield()
        async let another: Void = Task.yield()
        _ = await (other, another)
      }
    }

    @Test func theyTakeNoThreadOfThePool() async {
      let outcome = await fuzzed(schedules: 200, { $0.poolWidth = 1 }) {
        let go = DispatchSemaphore(value: 0)
        let thread = JoinableThread { go.wait() }
        let task = Task { _ = go.signal() }
        await task.value
        thread.join()
      }
      #expect(outcome.failure == nil, "\(outcome)")
    }

    // MARK: What stays the system's

    @Test func theThreadOfAnExecutorStaysTheSystems() async {
      let outcome = await fuzzed(schedules: 50) {
        let thread = ThreadExecutor()
        defer { thread.end() }
        let till = LoopTill(thread)
        async let first = till.add(1)
        async let second = till.add(2)
        _ = await (first, second)
        #expect(await till.total == 3)
      }
      #expect(outcome.failure == nil, "\(outcome)")
    }

    @Test func oneThatWaitsForTheOutsideStaysTheSystems() async {
      var files: [Int32] = [0, 0]
      pipe(&files)
      let (input, output) = (files[0], files[1])
      let outcome = await fuzzed(schedules: 20, { $0.foreignGrace = .seconds(10) }) {
        async let byte = withCheckedContinuation { continuation in
          Thread.detachNewThread {
            var byte: UInt8 = 0
            _ = read(input, &byte, 1)
            continuation.resume(returning: byte)
          }
        }
        async let other: Void = Task.yield()
        var one: UInt8 = 7
        write(output, &one, 1)
        #expect(await byte == 7)
        await other
      }
      close(input)
      close(output)
      #expect(outcome.failure == nil, "\(outcome)")
    }

    @Test(arguments: [true, false])
    func thoseThatAreLeftAloneAreTheSystems(byModule: Bool) async {
      let outcome = await fuzzed(
        schedules: 20,
        {
          if byModule {
            $0.native = [.module("InterleaveTests")]
          } else {
            $0.interruptions = .never
          }
        }
      ) {
        async let other: Void = Task.yield()
        async let another: Void = Task.yield()
        await withCheckedContinuation { continuation in
          Thread.detachNewThread { continuation.resume() }
        }
        _ = await (other, another)
      }
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(!outcome.report.escapes.isEmpty, "\(outcome)")
    }
  }

  private func currentThread() -> ObjectIdentifier { ObjectIdentifier(Thread.current) }

  private func take(_ lock: NSLock) { lock.lock() }

  private func pause(_ seconds: Double) { Thread.sleep(forTimeInterval: seconds) }

  /// Tells when it is no more.
  private final class Mark {
    private let end: () -> Void
    init(_ end: @escaping () -> Void) { self.end = end }
    deinit { end() }
  }

  /// An actor on an executor with a thread of its own.
  private actor LoopTill {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor {
      executor.asUnownedSerialExecutor()
    }
    private(set) var total = 0
    init(_ executor: ThreadExecutor) { self.executor = executor }
    func add(_ amount: Int) { total += amount }
  }
#endif
