extension BugProgram {
  /// Tasks wait for what has happened already, or for each other.
  static let waits = [
    lostWakeUp, philosophers(3), lockOrder, cancelledWaiter, requestTimeout, barrier(3),
  ]

  private actor Signal {
    private var isSet = false
    private var waiter: CheckedContinuation<Void, Never>?

    var isRaised: Bool { isSet }
    func wait(isMended: Bool) async {
      if isMended, isSet { return }
      await withCheckedContinuation { waiter = $0 }
    }
    func raise() {
      isSet = true
      waiter?.resume()
      waiter = nil
    }
  }

  /// The signal comes after the waiter has looked and before it waits.
  private static let lostWakeUp = BugProgram("lostwakeup", depth: 3) { isMended in
    let signal = Signal()
    async let waiting: Void = {
      guard await !signal.isRaised else { return }
      think()
      await signal.wait(isMended: isMended)
    }()
    async let raising: Void = {
      let work = Work()
      await work.step()
      think()
      await signal.raise()
    }()
    _ = await (waiting, raising)
  }

  /// Each philosopher holds one fork and waits for the other.
  private static func philosophers(_ count: Int) -> BugProgram {
    BugProgram("philosophers_\(count)", depth: count) { isMended in
      let forks = (0..<count).map { _ in AsyncLock() }
      await withTaskGroup(of: Void.self) { group in
        for seat in 0..<count {
          group.addTask {
            let (left, right) = (seat, (seat + 1) % count)
            let (first, second) = isMended && left > right ? (right, left) : (left, right)
            await forks[first].lock()
            think()
            await forks[second].lock()
            think()
            await forks[second].unlock()
            await forks[first].unlock()
          }
        }
      }
    }
  }

  /// Two tasks take two locks, each in its own order.
  private static let lockOrder = BugProgram("lockorder", depth: 2) { isMended in
    let (a, b) = (AsyncLock(), AsyncLock())
    let use: @Sendable (AsyncLock, AsyncLock) async -> Void = { first, second in
      await first.lock()
      think()
      await second.lock()
      think()
      await second.unlock()
      await first.unlock()
    }
    async let one: Void = use(a, b)
    async let other: Void = isMended ? use(a, b) : use(b, a)
    _ = await (one, other)
  }

  private actor Waiters {
    private var waiter: CheckedContinuation<Void, Never>?
    private var isCancelled = false

    func wait(isMended: Bool) async {
      if isMended, isCancelled { return }
      await withCheckedContinuation { waiter = $0 }
    }
    func cancel() {
      isCancelled = true
      waiter?.resume()
      waiter = nil
    }
  }

  /// A waiter is cancelled before it has registered, and never hears of it.
  private static let cancelledWaiter = BugProgram("cancelledwaiter", depth: 2) { isMended in
    let waiters = Waiters()
    let waiting = Task {
      await withTaskCancellationHandler {
        await waiters.wait(isMended: isMended)
      } onCancel: {
        Task { await waiters.cancel() }
      }
    }
    let work = Work()
    for _ in 0..<3 {
      await work.step()
      think()
    }
    waiting.cancel()
    await waiting.value
  }

  private actor Request {
    private var isPending = true
    private(set) var outcomes = 0

    func complete(isMended: Bool) {
      if isMended, !isPending { return }
      isPending = false
      outcomes += 1
    }
  }

  /// The answer and the timeout both complete the request.
  private static let requestTimeout = BugProgram("requesttimeout", depth: 2) { isMended in
    let request = Request()
    let timeout = Task {
      do {
        try await Task.sleep(for: .milliseconds(8))
      } catch is CancellationError {
        return
      }
      await request.complete(isMended: isMended)
    }
    let work = Work()
    try await Task.sleep(for: .milliseconds(5))
    await work.step()
    await request.complete(isMended: isMended)
    timeout.cancel()
    try await timeout.value
    let outcomes = await request.outcomes
    try check(outcomes == 1, "the request had \(outcomes) outcomes")
  }

  private actor Barrier {
    private let parties: Int
    private var arrived = 0
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(_ parties: Int) { self.parties = parties }

    func count() {
      arrived += 1
      guard arrived == parties else { return }
      for waiter in waiters { waiter.resume() }
      waiters.removeAll()
    }
    func pass() async {
      guard arrived < parties else { return }
      await withCheckedContinuation { waiters.append($0) }
    }
  }

  /// Each task counts itself in at the barrier before it has done its part.
  private static func barrier(_ parties: Int) -> BugProgram {
    BugProgram("barrier_\(parties)", depth: 2) { isMended in
      let barrier = Barrier(parties)
      let parts = Cell(0)
      let isEarly = Cell(false)
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<parties {
          group.addTask {
            if !isMended { await barrier.count() }
            think()
            await parts.update { $0 += 1 }
            if isMended { await barrier.count() }
            await barrier.pass()
            if await parts.get() < parties { await isEarly.set(true) }
          }
        }
      }
      try check(await !isEarly.get(), "a task passed the barrier before all had done their part")
    }
  }
}
