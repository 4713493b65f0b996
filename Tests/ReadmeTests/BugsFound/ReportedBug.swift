import Interleave

/// A bug that somebody has reported, as a small program of our own, and its mended twin.
struct ReportedBug: Sendable, CustomStringConvertible {
  /// The public report, as `owner/name#number`.
  var report: String
  /// How it shows.
  var kind: FuzzFailure.Kind
  /// Runs the program; mended where that is asked for.
  var run: @Sendable (_ isMended: Bool) async throws -> Void

  init(
    _ report: String, _ kind: FuzzFailure.Kind,
    _ run: @escaping @Sendable (_ isMended: Bool) async throws -> Void
  ) {
    self.report = report
    self.kind = kind
    self.run = run
  }

  var description: String { report }

  static let all: [ReportedBug] = [
    sandboxStoppedTwice, refreshedTwice, startedTwice, olderAnswerShown, sentOutOfOrder,
    cancelledBeforeWaiting, resumedTwice, answeredAndTimedOut, eventMissed,
    timerDropped,
  ]
}

/// Somebody else, whom it takes a moment to ask.
actor Elsewhere {
  private(set) var calls = 0

  @discardableResult func call() -> Int {
    calls += 1
    return calls
  }
}
