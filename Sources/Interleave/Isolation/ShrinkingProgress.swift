import InterleaveEngine

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Tells how far shrinking has come, and when it is to come to its end.
final class ShrinkingProgress {
  private static let patience = Duration.seconds(2)
  private static let period = Duration.seconds(10)

  private let title: String
  private let interrupts = Interrupts()
  private let clock = ContinuousClock()
  private let began: ContinuousClock.Instant
  private var next: ContinuousClock.Instant
  private var runs = 0
  /// The smallest schedule so far.
  var best: RecordedSchedule

  /// Begins; to be followed by ``end()``.
  init(of found: FoundFailure, in test: TestIdentity) {
    let message = found.failure.message.prefix { !$0.isNewline }
    title =
      "\(test.fullName) fails in schedule \(found.schedulesTried) (seed \(found.seed)): "
      + "\(found.failure.kind.words): \(message)"
    best = found.schedule
    began = clock.now
    next = began + Self.patience
  }

  /// Somebody wants it to end.
  var isToEnd: Bool { interrupts.haveCome }
  /// Somebody wants the process to end.
  var isToEndTheProcess: Bool { interrupts.endTheProcess }

  func end() { interrupts.end() }

  /// Notes that a run begins, and tells of it where it has taken long enough.
  func beginRun() {
    runs += 1
    let now = clock.now
    guard now >= next, !isToEnd else { return }
    next = now + Self.period
    Self.tell(line(after: now - began))
  }

  private func line(after time: Duration) -> String {
    let size =
      "\(counted(best.steps.count, "step")), \(counted(best.preemptions, "preemption"))"
    return "interleave: \(title)\n"
      + "interleave: making it smaller: \(counted(runs, "run")) in \(time.components.seconds) s, "
      + "\(size) so far"
      + (interrupts.canBeEnded ? "; Ctrl-C ends that with what there is" : "")
  }

  /// Writes a text to standard error, in ASCII.
  static func tell(_ text: String) {
    let bytes = Array((text.ascii + "\n").utf8)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
