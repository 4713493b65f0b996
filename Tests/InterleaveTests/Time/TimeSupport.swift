import Interleave

/// Does something once nobody has asked for it any more for a while.
actor Debouncer<Timer: Clock<Duration>> {
  private(set) var count = 0
  private let delay: Duration
  private let clock: Timer
  private var pending: Task<Void, Never>?

  init(delay: Duration, clock: Timer) {
    self.delay = delay
    self.clock = clock
  }

  func call() {
    pending?.cancel()
    pending = Task {
      do { try await clock.sleep(for: delay) } catch { return }
      // Without this, a call that comes while the task is on its way is not heeded.
      if !Task.isCancelled { count += 1 }
    }
  }
}

/// Takes down what happens, in its order.
actor Journal {
  private(set) var lines: [String] = []

  func add(_ line: String) { lines.append(line) }
}

/// Fuzzes a body in which time may be all that goes on.
func fuzzedInTime(
  schedules: Int = 200, _ configure: (inout FuzzConfiguration) -> Void = { _ in },
  named name: String = #function, body: @escaping @Sendable () async throws -> Void
) async -> FuzzOutcome {
  await fuzzed(
    schedules: schedules,
    {
      $0.checks.remove(.nothingInterleaved)
      configure(&$0)
    }, named: name, body: body)
}
