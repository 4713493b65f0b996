#if os(Linux)
  import Foundation
  import Interleave
  import InterleaveEngine
  import Testing

  /// What is written down in the order in which it is done.
  final class Marks: @unchecked Sendable {
    private let lock = NSLock()
    private var marks = ""
    func note(_ mark: String) { lock.withLock { marks += mark } }
    var text: String { lock.withLock { marks } }
  }

  /// The orders in which a program does what it notes, of which none fails or gets out of control.
  func orders(
    schedules: Int = 400, _ body: @escaping @Sendable (Marks) async throws -> Void
  ) async -> Set<String> {
    let seen = Marks()
    let outcome = await fuzzed(
      schedules: schedules,
      {
        $0.strategy = .randomWalk; $0.interruptions = .everywhere
      }
    ) {
      let marks = Marks()
      try await body(marks)
      seen.note(marks.text + "\n")
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.warnings.isEmpty, "\(outcome)")
    #expect(outcome.report.escapes.isEmpty, "\(outcome)")
    #expect(outcome.report.schedules == schedules, "\(outcome)")
    return Set(seen.text.split(separator: "\n").map(String.init))
  }
#endif
