/// Work that may have to be tried more than once.
struct Job: Sendable {
  var id: String
  /// How often it is tried, at least once.
  var attempts = 1
  var work: @Sendable () async throws -> Void
}

/// How far a job has come.
enum JobState: Sendable, Hashable {
  case queued
  case running
  /// An attempt has failed, and the next one is not due yet.
  case waiting
  case succeeded
  case failed
  case cancelled

  /// Nothing more will come of the job.
  var isFinal: Bool { [.succeeded, .failed, .cancelled].contains(self) }
}

/// What jobs are for: a mail server, which may be out of order.
actor MailServer {
  struct OutOfOrder: Error {}

  private(set) var sent: [String] = []
  private var failures: Int

  /// - Parameter failures: How many attempts fail before the first succeeds.
  init(failures: Int = 0) {
    self.failures = failures
  }

  /// - Throws: ``OutOfOrder``; `CancellationError` if the letter was given up.
  func send(_ letter: String) throws {
    try Task.checkCancellation()
    guard failures == 0 else {
      failures -= 1
      throw OutOfOrder()
    }
    sent.append(letter)
  }
}

/// A queue of jobs, of which a limited number run at the same time.
protocol Jobs: Actor {
  /// - Parameter limit: How many jobs may run at the same time.
  init(journal: AuditLog, limit: Int)
  var states: [String: JobState] { get }
  /// Takes a job on, unless one with its identifier was taken on before.
  func submit(_ job: Job) async
  /// Gives a job up.
  ///
  /// - Returns: It had not come to its end.
  func cancel(_ id: String) -> Bool
  /// Returns when no job is left to do.
  func drain() async
}
