#if os(Linux)
  import Dispatch
  import Foundation
  import Interleave
  import InterleaveEngine
  import Testing

  /// Timers of dispatch queues that a run makes fire in its own time, and iterations that it has done
  /// beside each other are blocks of its own.
  @Suite(.enabled(if: Interruptions.obstacle == nil), .timeLimit(.minutes(10)))
  struct QueueTimerTests {
    /// Goes on when a virtual second has passed.
    private static func second() async throws { try await Task.sleep(for: .seconds(1)) }

    // MARK: Timers

    @Test func aTimerFiresOnceOnItsQueue() async {
      let orders = await orders { tape in
        let queue = DispatchQueue(label: "queue")
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(deadline: .now() + 60)
        timer.setEventHandler {
          dispatchPrecondition(condition: .onQueue(queue))
          tape.note("a")
        }
        let began = ContinuousClock.now
        timer.resume()
        try await Task.sleep(for: .seconds(59))
        tape.note("|")
        try await Task.sleep(for: .seconds(100))
        #expect(ContinuousClock.now - began == .seconds(159))
        _ = timer
      }
      #expect(orders == ["|a"])
    }

    @Test func oneThatRepeatsFiresUntilItIsCancelled() async {
      let orders = await orders { tape in
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "queue"))
        timer.schedule(deadline: .now() + 1, repeating: 1)
        timer.setEventHandler {
          tape.note("\(timer.data)")
          if tape.text.count == 3 { timer.cancel() }
        }
        await withCheckedContinuation { continuation in
          timer.setCancelHandler {
            tape.note(timer.isCancelled ? "c" : "-")
            continuation.resume()
          }
          timer.activate()
        }
        try await Task.sleep(for: .seconds(10))
      }
      #expect(orders == ["111c"])
    }

    @Test func aRunDoesNotWaitForOneThatWouldGoOnForEver() async {
      let orders = await orders { tape in
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + 1, repeating: .seconds(1))
        timer.setEventHandler { withExtendedLifetime(timer) { tape.note("a") } }
        timer.resume()
        try await Task.sleep(for: .milliseconds(2_500))
      }
      #expect(orders == ["aa"])
    }

    @Test func butForOneThatFiresOnceItDoes() async {
      let fired = Marks()
      let outcome = await fuzzed(schedules: 20, { $0.strategy = .randomWalk }) {
        async let other: Void = Task.yield()
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + 1)
        timer.setEventHandler { withExtendedLifetime(timer) { fired.note("a") } }
        timer.resume()
        await Task.yield()
        await other
      }
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(fired.text.count >= outcome.report.schedules, "\(outcome)")
    }

    @Test func oneThatNobodyHoldsNeverFires() async {
      let orders = await orders { tape in
        do {
          let timer = DispatchSource.makeTimerSource()
          timer.schedule(deadline: .now() + 1)
          timer.setEventHandler { tape.note("a") }
          timer.setCancelHandler { tape.note("c") }
          timer.resume()
        }
        try await Task.sleep(for: .seconds(5))
        tape.note("|")
      }
      #expect(orders == ["|"])
    }

    @Test func whatItMissesWhileItIsSuspendedIsToldOnce() async {
      let orders = await orders { tape in
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "queue"))
        timer.schedule(deadline: .now() + 1, repeating: 1)
        timer.setEventHandler { tape.note("\(timer.data)") }
        timer.resume()
        try await Task.sleep(for: .milliseconds(2_500))
        timer.suspend()
        try await Task.sleep(for: .seconds(4))
        tape.note("|")
        timer.resume()
        try await Task.sleep(for: .milliseconds(1_000))
        timer.cancel()
      }
      #expect(orders == ["11|41"])
    }

    @Test func oneThatIsScheduledAgainForgetsWhatItHadFiredFor() async {
      let orders = await orders { tape in
        let queue = DispatchQueue(label: "queue")
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { tape.note("a") }
        timer.activate()
        for _ in 0..<3 {
          timer.schedule(deadline: .now() + 2)
          try await Self.second()
        }
        tape.note("|")
        try await Self.second()
        timer.cancel()
        await Task.yield()
      }
      // The last of its moments is that at which the body goes on.
      #expect(orders == ["|a", "|"])
    }

    @Test func oneThatIsCancelledBeforeItBeginsTellsThatOnceItDoes() async {
      let orders = await orders { tape in
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "queue"))
        timer.setRegistrationHandler { tape.note("r") }
        timer.setEventHandler { tape.note("a") }
        timer.setCancelHandler { tape.note("c") }
        timer.schedule(deadline: .now())
        timer.cancel()
        try await Self.second()
        tape.note("|")
        timer.activate()
        try await Self.second()
      }
      #expect(orders == ["|c"])
    }

    @Test func itTellsThatItHasBegun() async {
      let orders = await orders { tape in
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "queue"))
        timer.setRegistrationHandler { tape.note("r") }
        timer.setEventHandler { tape.note("a") }
        timer.schedule(deadline: .now() + 1)
        timer.activate()
        try await Task.sleep(for: .seconds(2))
        timer.cancel()
      }
      #expect(orders == ["ra"])
    }

    @Test func itsHandlerIsNeverBesideItself() async {
      let orders = await orders { tape in
        let timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now(), repeating: .milliseconds(1))
        timer.setEventHandler {
          tape.note("(")
          tape.note(")")
          if tape.text.count >= 6 { timer.cancel() }
        }
        timer.activate()
        try await Self.second()
      }
      #expect(orders == ["()()()"])
    }

    @Test func aCrashOfLibdispatchIsAFinding() async throws {
      let outcome = await fuzzed(schedules: 10) {
        let timer = DispatchSource.makeTimerSource()
        timer.resume()
        timer.resume()
      }
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.kind == .crash, "\(failure)")
    }

    @Test func oneThatLastsLongerThanItsRunDoesNothing() async {
      let left = Left()
      let outcome = await fuzzed(schedules: 5) {
        async let other: Void = Task.yield()
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now() + 1, repeating: 1)
        timer.setEventHandler {}
        timer.resume()
        left.add(timer)
        await Task.yield()
        await other
      }
      #expect(outcome.failure == nil, "\(outcome)")
      left.cancelAll()
    }

    private final class Left: @unchecked Sendable {
      private let lock = NSLock()
      private var timers: [any DispatchSourceTimer] = []
      func add(_ timer: any DispatchSourceTimer) { lock.withLock { timers.append(timer) } }
      func cancelAll() {
        lock.withLock {
          for timer in timers { timer.cancel() }
          timers = []
        }
      }
    }

    // MARK: Findings

    /// Saves what was typed a moment ago, as an editor does.
    private final class Draft: @unchecked Sendable {
      private let lock = NSLock()
      private let queue = DispatchQueue(label: "saving")
      private let timer: any DispatchSourceTimer
      private var text = ""
      private var copy = ""
      private let isMended: Bool

      init(isMended: Bool) {
        self.isMended = isMended
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { [unowned self] in save() }
        timer.activate()
      }

      var saved: String { lock.withLock { copy } }

      func type(_ word: String) {
        lock.withLock { text += word }
        timer.schedule(deadline: .now() + .milliseconds(5))
      }

      func close() {
        timer.cancel()
        if isMended { queue.sync { save() } } else { save() }
      }

      private func save() {
        let current = lock.withLock { text }
        lock.withLock { copy = current }
      }
    }

    /// Closes a draft while its timer may be amid saving it, and looks at what was saved in the end.
    @Sendable private func closeDraft(isMended: Bool) async throws {
      let draft = Draft(isMended: isMended)
      draft.type("a")
      try await Task.sleep(for: .milliseconds(4))
      draft.type("b")
      draft.close()
      try await Self.second()
      #expect(draft.saved == "ab")
    }

    @Test(arguments: 1...20) func aDraftThatIsSavedTooLateIsFound(seed: Int) async throws {
      let outcome = await fuzzed(schedules: 1_000, seed: UInt64(seed)) {
        try await closeDraft(isMended: false)
      }
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect("\(failure)".contains("timer 1 on queue `saving`"), "\(failure)")
    }

    @Test func closingOnItsQueuePasses() async {
      let outcome = await fuzzed(schedules: 3_000) { try await closeDraft(isMended: true) }
      #expect(outcome.failure == nil, "\(outcome)")
    }

    // MARK: Iterations

    @Test func iterationsAreDoneInAnyOrderAndWaitedFor() async {
      let orders = await orders(schedules: 2_000) { tape in
        DispatchQueue.concurrentPerform(iterations: 3) { tape.note("\($0)") }
        tape.note("|")
      }
      #expect(orders == ["012|", "021|", "102|", "120|", "201|", "210|"])
    }

    @Test func thereMayBeMoreThanAreBesideEachOther() async {
      let orders = await orders(schedules: 5) { _ in
        let tape = Marks()
        DispatchQueue.concurrentPerform(iterations: 300) { _ in tape.note(".") }
        #expect(tape.text.count == 300)
      }
      #expect(orders.isEmpty)
    }

    @Test func theyMayWaitForOthers() async {
      let orders = await orders { tape in
        let semaphore = DispatchSemaphore(value: 0)
        DispatchQueue.concurrentPerform(iterations: 2) {
          if $0 == 0 { semaphore.wait() }
          tape.note("\($0)")
          if $0 == 1 { semaphore.signal() }
        }
        DispatchQueue.concurrentPerform(iterations: 1) { _ in
          DispatchQueue.concurrentPerform(iterations: 1) { _ in tape.note("i") }
        }
      }
      #expect(orders == ["10i"])
    }

    private final class Sum: @unchecked Sendable {
      private let lock = NSLock()
      private var value = 0
      var total: Int {
        get { lock.withLock { value } }
        set { lock.withLock { value = newValue } }
      }
      func add(_ number: Int) { lock.withLock { value += number } }
    }

    @Sendable private func addUp(isMended: Bool) async {
      let sum = Sum()
      DispatchQueue.concurrentPerform(iterations: 3) { number in
        if isMended { sum.add(number) } else { sum.total += number }
      }
      #expect(sum.total == 3)
    }

    @Test(arguments: 1...20) func aSumThatIterationsLoseIsFound(seed: Int) async throws {
      let outcome = await fuzzed(schedules: 1_000, seed: UInt64(seed)) {
        await addUp(isMended: false)
      }
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.interleaving.preemptions == 1, "\(failure)")
      #expect("\(failure)".contains("iteration 2 of concurrentPerform"), "\(failure)")
    }

    @Test func addingUnderOneLockPasses() async {
      let outcome = await fuzzed(schedules: 3_000) { await addUp(isMended: true) }
      #expect(outcome.failure == nil, "\(outcome)")
    }
  }
#endif
