import Interleave
import Testing

/// Lets so many callers in at a time; a caller that is cancelled stops waiting.
actor Semaphore {
  private(set) var permits: Int
  private var waiters: [(id: Int, continuation: CheckedContinuation<Void, any Error>)] = []
  private var nextID = 0
  private let losesPermits: Bool

  /// - Parameter losesPermits: A caller that is cancelled just when it was let in keeps its permit.
  init(permits: Int, losesPermits: Bool = false) {
    self.permits = permits
    self.losesPermits = losesPermits
  }

  func withPermit(_ body: () async throws -> Void) async throws {
    try await acquire()
    defer { release() }
    try await body()
  }

  private func acquire() async throws {
    guard permits == 0 else {
      permits -= 1
      return
    }
    let id = nextID
    nextID += 1
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        (continuation: CheckedContinuation<Void, any Error>) in
        if Task.isCancelled {
          continuation.resume(throwing: CancellationError())
        } else {
          waiters.append((id, continuation))
        }
      }
    } onCancel: {
      Task { await self.giveUp(id) }
    }
    if losesPermits { try Task.checkCancellation() }
  }

  private func release() {
    if waiters.isEmpty { permits += 1 } else { waiters.removeFirst().continuation.resume() }
  }

  private func giveUp(_ id: Int) {
    guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
    waiters.remove(at: index).continuation.resume(throwing: CancellationError())
  }
}

struct SemaphoreTests {
  @Test func permitsSurviveCancellation() async throws {
    var configuration = FuzzConfiguration()
    configuration.cancellation = .anyTask
    try await fuzz(configuration) {
      let semaphore = Semaphore(permits: 1)
      eventually(semaphore, "all permits must be back") { $0.permits == 1 }
      let callers = (0..<3).map { _ in
        Task { try await semaphore.withPermit { await Task.yield() } }
      }
      for caller in callers { _ = await caller.result }
    }
  }

  @Test func aPermitThatIsLostIsFound() async {
    var configuration = FuzzConfiguration()
    configuration.cancellation = .anyTask
    configuration.seed = 1
    configuration.corpus = .none
    let outcome = await Fuzzer(configuration).run(named: "semaphore") {
      let semaphore = Semaphore(permits: 1, losesPermits: true)
      eventually(semaphore, "all permits must be back") { $0.permits == 1 }
      let callers = (0..<3).map { _ in
        Task { try await semaphore.withPermit { await Task.yield() } }
      }
      for caller in callers { _ = await caller.result }
    }
    #expect(outcome.failure?.interleaving.cancellation != nil, "\(outcome)")
  }
}
