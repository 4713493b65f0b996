import Interleave
import Synchronization
import Testing

// Bugs in which a continuation is resumed twice, or by nobody.

extension ReportedBug {
  /// A cancellation that comes before the wait finds nobody to wake, and is forgotten.
  static let cancelledBeforeWaiting = ReportedBug(
    "apple/swift-async-algorithms#80", .lostWakeUp
  ) { isMended in
    let emissions = Emissions(isMended: isMended)
    let other = Elsewhere()
    let reader = Task { await emissions.next() }
    await other.call()
    reader.cancel()
    await reader.value
  }

  private final class Emissions: Sendable {
    private struct State {
      var waiting: CheckedContinuation<Void, Never>?
      var isCancelled = false
    }

    private let state = Mutex(State())
    private let isMended: Bool

    init(isMended: Bool) {
      self.isMended = isMended
    }

    func next() async {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isOver = state.withLock { state in
            if isMended, state.isCancelled { return true }
            state.waiting = continuation
            return false
          }
          if isOver { continuation.resume() }
        }
      } onCancel: {
        let waiting = state.withLock { state in
          state.isCancelled = true
          defer { state.waiting = nil }
          return state.waiting
        }
        waiting?.resume()
      }
    }
  }

  /// Who resumes a continuation leaves it for the next one to resume again.
  static let resumedTwice = ReportedBug("meshtastic/Meshtastic-Apple#1755", .crash) { isMended in
    let radio = Radio(isMended: isMended)
    let wants = Task { try await radio.wantConfiguration() }
    async let completed: Void = radio.configurationCompletes()
    async let closed: Void = radio.close()
    _ = await (completed, closed)
    _ = await wants.result
  }

  private actor Radio {
    private struct Closed: Error {}
    private var continuation: CheckedContinuation<Void, any Error>?
    private var isOver = false
    private let isMended: Bool

    init(isMended: Bool) {
      self.isMended = isMended
    }

    func wantConfiguration() async throws {
      guard !isOver else { throw Closed() }
      try await withCheckedThrowingContinuation { continuation = $0 }
    }

    func configurationCompletes() {
      isOver = true
      let waiting = continuation
      if isMended { continuation = nil }
      waiting?.resume()
    }

    func close() {
      isOver = true
      let waiting = continuation
      continuation = nil
      waiting?.resume(throwing: Closed())
    }
  }

  /// A response that comes as the time runs out is answered by both.
  static let answeredAndTimedOut = ReportedBug("reown-com/reown-swift#339", .crash) { isMended in
    let relay = Relay(isMended: isMended)
    _ = try? await relay.response()
  }

  private actor Relay {
    private struct TimeOut: Error {}
    private var continuation: CheckedContinuation<Int, any Error>?
    private let network = Elsewhere()
    private let isMended: Bool

    init(isMended: Bool) {
      self.isMended = isMended
    }

    func response() async throws -> Int {
      try await withCheckedThrowingContinuation { continuation in
        self.continuation = continuation
        let timer = Task {
          guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { return }
          await network.call()
          take(continuation)?.resume(throwing: TimeOut())
        }
        Task {
          try? await Task.sleep(for: .milliseconds(4))
          let answer = await network.call()
          timer.cancel()
          take(continuation)?.resume(returning: answer)
        }
      }
    }

    /// The continuation: the first time only, where it is mended.
    private func take(
      _ given: CheckedContinuation<Int, any Error>
    ) -> CheckedContinuation<Int, any Error>? {
      guard isMended else { return given }
      defer { continuation = nil }
      return continuation
    }
  }

  /// A time limit that cannot interrupt a wait whose event has come before it.
  static let eventMissed = ReportedBug("pnikolaidis/icemelt#41", .lostWakeUp) { isMended in
    let tap = EventTap(isMended: isMended)
    async let posted: Void = tap.exit()
    _ = try? await withThrowingTaskGroup { group in
      group.addTask { await tap.waitForExit() }
      group.addTask {
        try await Task.sleep(for: .seconds(1))
        throw CancellationError()
      }
      try await group.next()
      group.cancelAll()
    }
    await posted
  }

  private actor EventTap {
    private var waiting: CheckedContinuation<Void, Never>?
    private var hasExited = false
    private let isMended: Bool

    init(isMended: Bool) {
      self.isMended = isMended
    }

    func waitForExit() async {
      if isMended, hasExited { return }
      await withCheckedContinuation { waiting = $0 }
    }

    func exit() {
      hasExited = true
      waiting?.resume()
      waiting = nil
    }
  }

  /// A timer that is scheduled anew drops what cancels the old one.
  static let timerDropped = ReportedBug("vapor/postgres-nio#641", .lostWakeUp) { isMended in
    let pool = ConnectionPool(isMended: isMended)
    let timer = Task { await pool.runTimer() }
    async let leased: Void = pool.lease()
    async let fired: Void = pool.idleTimerFires()
    _ = await (leased, fired)
    await pool.close()
    await timer.value
  }

  private actor ConnectionPool {
    private var cancelsTimer: CheckedContinuation<Void, Never>?
    private var isClosed = false
    private var requests = 0
    private let isMended: Bool

    init(isMended: Bool) {
      self.isMended = isMended
    }

    func runTimer() async {
      guard !isClosed else { return }
      await withCheckedContinuation { cancelsTimer = $0 }
    }

    func lease() { requests += 1 }

    func idleTimerFires() {
      guard requests > 0 else { return close() }
      if isMended { cancelsTimer?.resume() }
      cancelsTimer = nil
    }

    func close() {
      isClosed = true
      cancelsTimer?.resume()
      cancelsTimer = nil
    }
  }
}
