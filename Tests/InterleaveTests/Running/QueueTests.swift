#if os(Linux)
  import Dispatch
  import Foundation
  import Interleave
  import InterleaveEngine
  import Testing

  /// Blocks that a run hands to dispatch queues are tasks of the run.
  @Suite(.enabled(if: Interruptions.obstacle == nil), .timeLimit(.minutes(10)))
  struct QueueTests {
    // MARK: Order

    @Test func aSerialQueueKeepsTheOrder() async {
      let orders = await orders { tape in
        let queue = DispatchQueue(label: "serial")
        await withCheckedContinuation { continuation in
          queue.async { tape.note("a") }
          queue.async { tape.note("b") }
          tape.note("x")
          queue.async { continuation.resume() }
        }
      }
      #expect(orders == ["abx", "axb", "xab"])
    }

    @Test func aConcurrentQueueDoesNot() async {
      let orders = await orders(schedules: 4_000) { tape in
        let queue = DispatchQueue(label: "concurrent", attributes: .concurrent)
        let group = DispatchGroup()
        for mark in ["a", "b", "c"] { queue.async(group: group) { tape.note(mark) } }
        await withCheckedContinuation { continuation in
          group.notify(queue: .global()) { continuation.resume() }
        }
      }
      #expect(orders == ["abc", "acb", "bac", "bca", "cab", "cba"])
    }

    @Test func aBarrierStandsBetween() async {
      let orders = await orders { tape in
        let queue = DispatchQueue(label: "concurrent", attributes: .concurrent)
        queue.async { tape.note("a") }
        queue.async { tape.note("b") }
        queue.async(flags: .barrier) { tape.note("|") }
        queue.async { tape.note("c") }
        queue.sync(flags: .barrier) {}
      }
      #expect(orders == ["ab|c", "ba|c"])
    }

    @Test func aBlockOnTheMainQueueIsOnTheMainThread() async {
      let orders = await orders { tape in
        await withCheckedContinuation { continuation in
          DispatchQueue.main.async {
            dispatchPrecondition(condition: .onQueue(.main))
            MainActor.assumeIsolated { tape.note(Thread.isMainThread ? "m" : "-") }
            continuation.resume()
          }
        }
      }
      #expect(orders == ["m"])
    }

    @Test func theMainQueueHasItsValues() async {
      let key = DispatchSpecificKey<String>()
      DispatchQueue.main.setSpecific(key: key, value: "m")
      let orders = await orders(schedules: 20) { tape in
        let queue = DispatchQueue(label: "towards main", target: .main)
        queue.async {
          dispatchPrecondition(condition: .onQueue(queue))
          tape.note(DispatchQueue.getSpecific(key: key) ?? "-")
          DispatchQueue(label: "other").sync {
            tape.note(DispatchQueue.getSpecific(key: key) ?? "-")
          }
        }
        await MainActor.run { tape.note(DispatchQueue.getSpecific(key: key) ?? "-") }
      }
      DispatchQueue.main.setSpecific(key: key, value: nil)
      #expect(orders == ["m-m"])
    }

    @Test func aBlockIsOnItsQueue() async {
      let key = DispatchSpecificKey<String>()
      let orders = await orders { tape in
        let target = DispatchQueue(label: "target")
        target.setSpecific(key: key, value: "t")
        let queue = DispatchQueue(label: "queue", target: target)
        queue.sync {
          dispatchPrecondition(condition: .onQueue(target))
          tape.note(DispatchQueue.getSpecific(key: key) ?? "-")
        }
        await withCheckedContinuation { continuation in
          queue.async {
            dispatchPrecondition(condition: .onQueue(queue))
            dispatchPrecondition(condition: .notOnQueue(.main))
            tape.note(DispatchQueue.getSpecific(key: key) ?? "-")
            continuation.resume()
          }
        }
      }
      #expect(orders == ["tt"])
    }

    @Test func whoSyncsWaitsForWhatCameBefore() async {
      let orders = await orders { tape in
        let queue = DispatchQueue(label: "serial")
        queue.async { tape.note("a") }
        queue.sync { tape.note("b") }
        queue.async { tape.note("c") }
        queue.async(execute: DispatchWorkItem { tape.note("d") })
        DispatchQueue.main.sync { tape.note("m") }
        queue.sync {}
      }
      #expect(orders == ["abcdm", "abcmd", "abmcd"])
    }

    // MARK: Time

    @Test func whatIsToBeDoneLaterIsDoneInVirtualTime() async {
      let orders = await orders(schedules: 100) { tape in
        let queue = DispatchQueue(label: "later")
        let began = ContinuousClock.now
        await withCheckedContinuation { continuation in
          queue.asyncAfter(deadline: .now() + 20) {
            tape.note("b")
            continuation.resume()
          }
          queue.asyncAfter(deadline: .now() + 10) { tape.note("a") }
        }
        #expect(ContinuousClock.now - began == .seconds(20))
      }
      #expect(orders == ["ab"])
    }

    // MARK: Groups, items and semaphores

    @Test func aGroupIsWaitedFor() async {
      let orders = await orders { tape in
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) { tape.note("a") }
        group.enter()
        DispatchQueue.global().async {
          tape.note("b")
          group.leave()
        }
        group.wait()
        tape.note("|")
      }
      #expect(orders == ["ab|", "ba|"])
    }

    @Test func oneThatIsCancelledAfterItHasBegunIsDone() async {
      let orders = await orders { tape in
        let queue = DispatchQueue(label: "queue")
        let item = DispatchWorkItem { tape.note("x") }
        queue.async(execute: item)
        item.cancel()
        tape.note("c")
        queue.sync {}
      }
      #expect(orders == ["c", "xc", "cx"])
    }

    @Test func anItemIsCancelledWaitedForAndFollowed() async {
      let orders = await orders { tape in
        let queue = DispatchQueue(label: "items")
        let item = DispatchWorkItem { tape.note("a") }
        let cancelled = DispatchWorkItem { tape.note("x") }
        await withCheckedContinuation { continuation in
          item.notify(queue: queue) {
            tape.note("n")
            continuation.resume()
          }
          cancelled.cancel()
          queue.async(execute: cancelled)
          queue.async(execute: item)
          item.wait()
          tape.note("|")
        }
      }
      #expect(orders == ["a|n", "an|"])
    }

    @Test func whoWaitsForATimeLetsBlocksRun() async {
      let orders = await orders { tape in
        let semaphore = DispatchSemaphore(value: 0)
        let group = DispatchGroup()
        let queue = DispatchQueue(label: "slow")
        queue.asyncAfter(deadline: .now() + 10) { semaphore.signal() }
        queue.async(group: group) { tape.note("a") }
        if group.wait(timeout: .now() + 1) == .success { tape.note("b") }
        if semaphore.wait(timeout: .now() + 5) == .timedOut { tape.note("c") }
        if semaphore.wait(timeout: .now() + 6) == .success { tape.note("d") }
      }
      #expect(orders == ["abcd"])
    }

    @Test func whatIsSuspendedDoesNotBegin() async {
      let orders = await orders { tape in
        let queue = DispatchQueue(label: "inactive", attributes: .initiallyInactive)
        queue.async { tape.note("a") }
        await Task.yield()
        tape.note("|")
        queue.activate()
        queue.sync { tape.note("b") }
        queue.suspend()
        queue.async { tape.note("c") }
        await Task.yield()
        tape.note("|")
        queue.resume()
        queue.sync {}
      }
      #expect(orders == ["|ab|c"])
    }

    @Test func whatNeverBeginsIsNotMissed() async {
      let orders = await orders { tape in
        let group = DispatchGroup()
        group.enter()
        group.notify(queue: .global()) { tape.note("x") }
        DispatchQueue.global().asyncAfter(deadline: .distantFuture) { tape.note("x") }
        await withCheckedContinuation { continuation in
          DispatchQueue.global().async { continuation.resume() }
        }
        tape.note("a")
      }
      #expect(orders == ["a"])
    }

    @Test func aSemaphoreIsSignalledByABlock() async {
      let orders = await orders { tape in
        let semaphore = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
          tape.note("a")
          semaphore.signal()
        }
        semaphore.wait()
        tape.note("b")
      }
      #expect(orders == ["ab"])
    }

    // MARK: Findings

    /// Two blocks of a concurrent queue take a look before they act.
    @Sendable private func sellTwice(isMended: Bool) async {
      let queue = DispatchQueue(label: "shop", attributes: .concurrent)
      let stock = Stock()
      let group = DispatchGroup()
      for _ in 0..<2 {
        queue.async(group: group, flags: isMended ? .barrier : []) {
          if stock.count > 0 { stock.take() }
        }
      }
      await withCheckedContinuation { continuation in
        group.notify(queue: queue) { continuation.resume() }
      }
      #expect(stock.count >= 0)
    }

    private final class Stock: @unchecked Sendable {
      private let lock = NSLock()
      private var left = 1
      var count: Int { lock.withLock { left } }
      func take() { lock.withLock { left -= 1 } }
    }

    @Test(arguments: 1...20) func aRaceOfBlocksIsFoundAndShrunk(seed: Int) async throws {
      let outcome = await fuzzed(schedules: 1_000, seed: UInt64(seed)) {
        await sellTwice(isMended: false)
      }
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.interleaving.preemptions == 1, "\(failure)")
      #expect("\(failure)".contains("on queue `shop`"), "\(failure)")
    }

    @Test func itsMendedTwinPasses() async {
      let outcome = await fuzzed(schedules: 3_000) { await sellTwice(isMended: true) }
      #expect(outcome.failure == nil, "\(outcome)")
    }

    @Test func aCrashInABlockIsAFinding() async throws {
      let outcome = await fuzzed(schedules: 100) {
        let queue = DispatchQueue(label: "sales")
        let stock = Stock()
        queue.async { stock.take() }
        await Task.yield()
        queue.async { if stock.count == 0 { fatalError("sold on a queue") } }
        queue.sync {}
      }
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.kind == .crash)
      #expect(failure.message.contains("sold on a queue"), "\(failure)")
    }

    @Test func whoWaitsForItsOwnQueueIsNamed() async throws {
      let outcome = await fuzzed(schedules: 10) {
        let queue = DispatchQueue(label: "own")
        queue.async { queue.sync {} }
      }
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.message.contains("a dispatch queue that it is on itself"), "\(failure)")
    }

    @Test func queuesThatWaitForEachOtherAreADeadlock() async throws {
      let one = DispatchQueue(label: "one")
      let other = DispatchQueue(label: "other")
      for _ in 0..<2 {
        let outcome = await fuzzed(schedules: 500) {
          one.async { other.sync {} }
          other.async { one.sync {} }
        }
        let failure = try #require(outcome.failure, "\(outcome)")
        #expect(failure.kind == .deadlock, "\(failure)")
      }
      // Nobody is left on them.
      one.sync { other.sync {} }
    }
  }
#endif
