import Interleave
import Synchronization
import Testing

struct Offline: Error, Equatable {}
struct Busy: Error, Equatable {}

/// What a body records as issues, without failing the test for it.
func issues(
  isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Void
) async throws -> [String] {
  let texts = Mutex<[String]>([])
  try await withKnownIssue(isIntermittent: true, isolation: isolation) {
    try await body()
  } matching: { issue in
    texts.withLock { $0 += issue.comments.map(\.rawValue) }
    return true
  }
  return texts.withLock { $0 }
}
