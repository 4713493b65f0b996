import Synchronization
import Testing

/// Catches the issues that expectations record while runs go on.
///
/// Hundreds of failing runs must not print hundreds of issues. So all issues of
/// a campaign are caught and dropped, but one: that of the minimal run, with the
/// report as a comment.
final class IssueCapture: Sendable {
  /// The campaign that code belongs to, on whatever thread it runs.
  @TaskLocal static var current: IssueCapture?

  private struct State {
    var comment: String?
    var passed = false
    /// Failures that were recorded on threads that no run controls.
    var strays: [RunFailure] = []
  }

  private let state = Mutex(State())

  /// Runs the body with all of its issues caught.
  ///
  /// Outside a test of Swift Testing there is nothing to catch, and the body
  /// just runs.
  func capturing(_ body: @escaping @Sendable () async -> Void) async throws {
    guard let test = Test.current else {
      await body()
      return
    }
    let trait = IssueHandlingTrait.compactMapIssues { [self] in handle($0) }
    try await trait.provideScope(for: test, testCase: Test.Case.current) { [self] in
      await Self.$current.withValue(self) { await body() }
    }
  }

  /// Lets the next issue through, with a comment added.
  func passNext(with comment: String) {
    state.withLock {
      $0.comment = comment
      $0.passed = false
    }
  }

  /// Catches everything again.
  ///
  /// - Returns: An issue was let through.
  func stopPassing() -> Bool {
    state.withLock {
      $0.comment = nil
      return $0.passed
    }
  }

  /// Takes the failures that no run could be told of.
  func takeStrays() -> [RunFailure] {
    state.withLock { state in
      defer { state.strays = [] }
      return state.strays
    }
  }

  private func handle(_ issue: Issue) -> Issue? {
    guard issue.isFailure else { return nil }
    if let run = LiveRun.current {
      run.fail(RunFailure(issue))
    } else if Self.current === self {
      let failure = RunFailure(issue)
      state.withLock { $0.strays.append(failure) }
    } else {
      // An issue of somebody else: Swift Testing hands those that it cannot
      // attribute to everyone. It is recorded elsewhere.
      return nil
    }
    let comment = state.withLock { state -> String? in
      guard let comment = state.comment, !state.passed else { return nil }
      state.passed = true
      return comment
    }
    return comment.map { Issue(issue, with: $0) }
  }
}

extension Issue {
  /// An issue with a comment added, in ASCII: what its kind says is told as a comment where it is
  /// not.
  init(_ issue: Issue, with comment: String) {
    self = issue
    let text = "\(kind)"
    if text.ascii != text {
      kind = .unconditional
      comments.insert(Comment(rawValue: text.withASCIIArrows), at: 0)
    }
    comments.append(Comment(rawValue: comment))
    comments = comments.map { Comment(ascii: $0.rawValue) }
  }
}

extension Comment {
  /// A comment in ASCII, since test runners may lose what is not.
  init(ascii text: String) {
    self.init(rawValue: text.ascii)
  }
}

extension RunFailure {
  init(_ issue: Issue) {
    let location = issue.sourceLocation.map { FuzzFailure.SourceLocation($0) }
    let kind: FuzzFailure.Kind
    switch issue.kind {
    case .errorCaught: kind = .thrownError
    default: kind = .expectation
    }
    let texts = ["\(issue.kind)".withASCIIArrows] + issue.comments.map(\.rawValue)
    self.init(
      kind: kind, message: texts.joined(separator: "\n"), location: location,
      place: location.map { "\($0.fileID):\($0.line):\($0.column)" } ?? "")
  }
}
