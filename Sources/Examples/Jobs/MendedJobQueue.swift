/// A job queue in which one task is a job's whole life, its retries included.
///
/// A job is known from the breath in which it is first seen, so it is taken on once. `cancel`
/// reaches it wherever it is. And it comes to its end in one place, once: what was settled first
/// stays, and those who wait are told.
actor MendedJobQueue: Jobs {
  private(set) var states: [String: JobState] = [:]
  private var pending: [Job] = []
  private var running: [String: Task<Void, Never>] = [:]
  private var drainers: [CheckedContinuation<Void, Never>] = []
  private let journal: AuditLog
  private let limit: Int

  init(journal: AuditLog, limit: Int) {
    self.journal = journal
    self.limit = limit
  }

  func submit(_ job: Job) async {
    guard states[job.id] == nil else { return }
    states[job.id] = .queued
    await journal.append("submit \(job.id)")
    // It may have been cancelled meanwhile.
    guard states[job.id] == .queued else { return }
    pending.append(job)
    startNext()
  }

  func cancel(_ id: String) -> Bool {
    guard states[id]?.isFinal == false else { return false }
    settle(id, as: .cancelled)
    pending.removeAll { $0.id == id }
    running[id]?.cancel()
    return true
  }

  func drain() async {
    guard !states.values.allSatisfy(\.isFinal) else { return }
    await withCheckedContinuation { drainers.append($0) }
  }

  private func startNext() {
    while running.count < limit, !pending.isEmpty {
      let job = pending.removeFirst()
      states[job.id] = .running
      running[job.id] = Task { await run(job) }
    }
  }

  private func run(_ job: Job) async {
    settle(job.id, as: await outcome(of: job))
    running[job.id] = nil
    startNext()
  }

  /// Tries a job until it succeeds, is cancelled, or has no attempt left.
  private func outcome(of job: Job) async -> JobState {
    for attempt in 1...job.attempts {
      do {
        if attempt > 1 { try await Task.sleep(for: .seconds(1)) }
        try await job.work()
        return .succeeded
      } catch is CancellationError {
        return .cancelled
      } catch {
        guard states[job.id] == .running else { return .cancelled }
      }
    }
    return .failed
  }

  /// Brings a job to its end, if it has not come to one.
  private func settle(_ id: String, as state: JobState) {
    guard states[id]?.isFinal == false else { return }
    states[id] = state
    guard states.values.allSatisfy(\.isFinal) else { return }
    for drainer in drainers { drainer.resume() }
    drainers = []
  }
}
