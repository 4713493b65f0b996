/// A job queue as it is first written: every job has its place, unless it is on its way.
///
/// - `submit` looks whether it knows the job, waits for the journal, and remembers it only then. A
///   client that is not sure whether it was heard submits once more, and the mail goes out twice.
/// - `cancel` notes that the job was cancelled, but the job goes on until it looks; when it is done,
///   it notes that it has succeeded.
/// - A job whose attempt has failed waits in a task that nobody knows of. If it is cancelled there,
///   it ends without telling those who `drain`: the service waits for it at every shutdown, until
///   somebody kills it.
actor JobQueue: Jobs {
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
    await journal.append("submit \(job.id)")
    states[job.id] = .queued
    pending.append(job)
    startNext()
  }

  func cancel(_ id: String) -> Bool {
    guard states[id]?.isFinal == false else { return false }
    states[id] = .cancelled
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
    do {
      try await job.work()
      states[job.id] = .succeeded
    } catch {
      if job.attempts > 1 { retry(job) } else { states[job.id] = .failed }
    }
    running[job.id] = nil
    startNext()
    guard states.values.allSatisfy(\.isFinal) else { return }
    for drainer in drainers { drainer.resume() }
    drainers = []
  }

  private func retry(_ job: Job) {
    states[job.id] = .waiting
    Task {
      try await Task.sleep(for: .seconds(1))
      guard states[job.id] == .waiting else { return }
      pending.append(Job(id: job.id, attempts: job.attempts - 1, work: job.work))
      startNext()
    }
  }
}
