import Interleave

/// What goes wrong in a queue of jobs.
enum JobRaces {
  static let all = [
    SystemRace(
      "jobs", "jobs-submit", "a job that is submitted twice runs once", tasks: 5, steps: 18,
      racy: { try await submitTwice(JobQueue.self, $0) },
      mended: { try await submitTwice(MendedJobQueue.self, $0) }),
    SystemRace(
      "jobs", "jobs-cancel", "a cancelled job stays cancelled", .thrownError, tasks: 4, steps: 21,
      racy: { try await cancelRunning(JobQueue.self, $0) },
      mended: { try await cancelRunning(MendedJobQueue.self, $0) }),
    SystemRace(
      "jobs", "jobs-drain", "a drained queue lets go of those who wait", .lostWakeUp, tasks: 6,
      steps: 20, preemptions: 0,
      racy: { _ in try await cancelWhileDraining(JobQueue.self) },
      mended: { _ in try await cancelWhileDraining(MendedJobQueue.self) }),
  ]

  /// A client submits a job once more, since it has heard nothing.
  static func submitTwice<Subject: Jobs>(_: Subject.Type, _ rule: String) async throws {
    let mail = MailServer()
    let queue = Subject(journal: AuditLog(), limit: 2)
    always(mail, rule) { $0.sent.count <= 1 }
    async let first: Void = queue.submit(receipt(by: mail))
    async let second: Void = queue.submit(receipt(by: mail))
    _ = await (first, second)
    await queue.drain()
  }

  /// A job is cancelled while it runs.
  static func cancelRunning<Subject: Jobs>(_: Subject.Type, _ rule: String) async throws {
    let queue = Subject(journal: AuditLog(), limit: 1)
    await queue.submit(receipt(by: MailServer()))
    async let draining: Void = queue.drain()
    let isCancelled = await queue.cancel("receipt")
    await draining
    // A job that was cancelled while it ran may take a moment to notice.
    await queue.submit(Job(id: "next") {})
    await queue.drain()
    let state = await queue.states["receipt"]
    try expect(!isCancelled || state == .cancelled, rule)
  }

  /// A service shuts down, and gives up a job that did not succeed at once.
  static func cancelWhileDraining<Subject: Jobs>(_: Subject.Type) async throws {
    let queue = Subject(journal: AuditLog(), limit: 1)
    await queue.submit(receipt(by: MailServer(failures: 1), attempts: 2))
    async let cancelling = queue.cancel("receipt")
    async let draining: Void = queue.drain()
    _ = await (cancelling, draining)
  }

  private static func receipt(by mail: MailServer, attempts: Int = 1) -> Job {
    Job(id: "receipt", attempts: attempts) { try await mail.send("your receipt") }
  }
}
