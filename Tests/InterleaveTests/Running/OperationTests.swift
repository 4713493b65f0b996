#if os(Linux)
  import Dispatch
  import Foundation
  import Interleave
  import InterleaveEngine
  import Testing

  /// Operations that a run adds to queues are tasks of the run, as blocks on dispatch queues are.
  @Suite(.enabled(if: Interruptions.obstacle == nil), .timeLimit(.minutes(10)))
  struct OperationTests {
    /// Goes on when all operations of a queue have been done.
    private static func finish(_ queue: OperationQueue) async {
      await withCheckedContinuation { continuation in
        queue.addBarrierBlock { continuation.resume() }
      }
    }

    // MARK: Order

    @Test func operationsAreDoneInAnyOrder() async {
      let orders = await orders { tape in
        let queue = OperationQueue()
        queue.addOperation { tape.note("a") }
        queue.addOperation { tape.note("b") }
        queue.waitForAll()
        tape.note("|")
      }
      #expect(orders == ["ab|", "ba|"])
    }

    @Test func oneAtATimeTheyAreDoneByPriority() async {
      let orders = await orders { tape in
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        queue.isSuspended = true
        for (mark, priority) in [
          ("a", Operation.QueuePriority.normal), ("b", .high), ("c", .normal),
        ] {
          let operation = BlockOperation { tape.note(mark) }
          operation.queuePriority = priority
          queue.addOperation(operation)
        }
        await Task.yield()
        tape.note("|")
        queue.isSuspended = false
        await Self.finish(queue)
      }
      #expect(orders == ["|bac"])
    }

    @Test func noMoreAreInProgressThanMayBe() async {
      let orders = await orders(schedules: 1_000) { tape in
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 2
        for _ in 0..<3 {
          queue.addOperation {
            tape.note("(")
            tape.note(")")
          }
        }
        queue.waitForAll()
      }
      #expect(orders.contains("(())()"))
      #expect(orders.allSatisfy { !$0.contains("(((") }, "\(orders)")
    }

    @Test func oneThatDependsOnOthersComesAfterThem() async {
      let orders = await orders { tape in
        let queue = OperationQueue()
        let other = OperationQueue()
        let first = BlockOperation { tape.note("a") }
        let second = BlockOperation { tape.note("b") }
        let last = BlockOperation { tape.note("c") }
        last.addDependency(first)
        last.addDependency(second)
        other.addOperation(last)
        queue.add([first, second])
        await Self.finish(other)
      }
      #expect(orders == ["abc", "bac"])
    }

    @Test func aBarrierStandsBetween() async {
      let orders = await orders { tape in
        let queue = OperationQueue()
        queue.addOperation { tape.note("a") }
        queue.addOperation { tape.note("b") }
        queue.addBarrierBlock { tape.note("|") }
        queue.addOperation { tape.note("c") }
        await Self.finish(queue)
      }
      #expect(orders == ["ab|c", "ba|c"])
    }

    @Test func whoeverWaitsForOneLetsItRun() async {
      let orders = await orders { tape in
        let queue = OperationQueue()
        let operation = BlockOperation { tape.note("a") }
        queue.addOperation(operation)
        operation.wait()
        tape.note(operation.isFinished ? "|" : "-")
        queue.addAndWait(BlockOperation { tape.note("b") })
      }
      #expect(orders == ["a|b"])
    }

    @Test func oneThatIsCancelledIsNotDone() async {
      let orders = await orders { tape in
        let queue = OperationQueue()
        queue.isSuspended = true
        queue.addOperation { tape.note("a") }
        queue.addOperation { tape.note("b") }
        queue.cancelAllOperations()
        queue.addOperation { tape.note("c") }
        queue.isSuspended = false
        queue.waitForAll()
      }
      #expect(orders == ["c"])
    }

    @Test func itsCompletionBlockFollows() async {
      let orders = await orders { tape in
        let queue = OperationQueue()
        await withCheckedContinuation { continuation in
          let operation = BlockOperation { tape.note("a") }
          operation.completionBlock = {
            tape.note("c")
            continuation.resume()
          }
          queue.addOperation(operation)
        }
      }
      #expect(orders == ["ac"])
    }

    // MARK: Where

    @Test func theMainQueueIsTheMainThreads() async {
      let orders = await orders { tape in
        await withCheckedContinuation { continuation in
          OperationQueue.main.addOperation {
            MainActor.assumeIsolated {
              tape.note(OperationQueue.current === OperationQueue.main ? "m" : "-")
            }
            continuation.resume()
          }
        }
      }
      #expect(orders == ["m"])
    }

    @Test func anOperationIsOnItsQueues() async {
      let orders = await orders { tape in
        let below = DispatchQueue(label: "below")
        let queue = OperationQueue()
        queue.underlyingQueue = below
        queue.addOperation {
          dispatchPrecondition(condition: .onQueue(below))
          tape.note(OperationQueue.current === queue ? "a" : "-")
        }
        queue.addOperation { tape.note("b") }
        queue.waitForAll()
      }
      #expect(orders == ["ab"])
    }

    // MARK: Operations of one's own

    /// Is finished when somebody says so.
    private final class Download: Operation, @unchecked Sendable {
      private let state = NSLock()
      private var isRunning = false
      private var isDone = false
      let begin: @Sendable (Download) -> Void

      init(_ begin: @escaping @Sendable (Download) -> Void) { self.begin = begin }

      override var isAsynchronous: Bool { true }
      override var isExecuting: Bool { state.withLock { isRunning } }
      override var isFinished: Bool { state.withLock { isDone } }

      override func start() {
        state.withLock { isRunning = true }
        didChangeValue(forKey: "isExecuting")
        begin(self)
      }

      func finish() {
        state.withLock {
          isRunning = false
          isDone = true
        }
        didChangeValue(forKey: "isExecuting")
        didChangeValue(forKey: "isFinished")
      }
    }

    @Test func oneMayBeFinishedLater() async {
      let orders = await orders(schedules: 100) { tape in
        let queue = OperationQueue()
        let download = Download { download in
          tape.note("a")
          DispatchQueue.global().asyncAfter(deadline: .now() + 1) {
            tape.note("b")
            download.finish()
          }
        }
        let after = BlockOperation { tape.note("c") }
        after.addDependency(download)
        queue.add([download, after])
        await Self.finish(queue)
      }
      #expect(orders == ["abc"])
    }

    // MARK: Findings

    private final class Ledger: @unchecked Sendable {
      private let lock = NSLock()
      private var value = 0
      var total: Int {
        get { lock.withLock { value } }
        set { lock.withLock { value = newValue } }
      }
    }

    @Sendable private func pay(isMended: Bool) async {
      let queue = OperationQueue()
      queue.name = "payments"
      if isMended { queue.maxConcurrentOperationCount = 1 }
      let ledger = Ledger()
      for _ in 0..<2 { queue.addOperation { ledger.total += 10 } }
      await Self.finish(queue)
      #expect(ledger.total == 20)
    }

    @Test(arguments: 1...20) func aPaymentThatIsLostIsFound(seed: Int) async throws {
      let outcome = await fuzzed(schedules: 1_000, seed: UInt64(seed)) {
        await pay(isMended: false)
      }
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.interleaving.preemptions == 1, "\(failure)")
      #expect("\(failure)".contains("operation 2 on queue `payments`"), "\(failure)")
    }

    @Test func itsMendedTwinPasses() async {
      let outcome = await fuzzed(schedules: 3_000) { await pay(isMended: true) }
      #expect(outcome.failure == nil, "\(outcome)")
    }
  }

  /// What blocks, and so must not be called by what is asynchronous itself.
  extension OperationQueue {
    fileprivate func waitForAll() { waitUntilAllOperationsAreFinished() }

    fileprivate func add(_ operations: [Operation]) {
      addOperations(operations, waitUntilFinished: false)
    }

    fileprivate func addAndWait(_ operation: Operation) {
      addOperations([operation], waitUntilFinished: true)
    }
  }

  extension Operation {
    fileprivate func wait() { waitUntilFinished() }
  }
#endif
