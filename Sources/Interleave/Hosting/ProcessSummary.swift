import Foundation
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// What all tests of a process came to, for the line that stands last.
struct ProcessSummary: Sendable {
  private var tests: Set<String> = []
  private var schedules = 0
  private var interleavings = 0
  private var failures = 0
  private var fixed: Set<String> = []
  private var stale: Set<String> = []
  /// The test that passed and of which the fewest interleavings were tried.
  private var least: (test: String, interleavings: Int)?

  /// Takes note of what a test came to.
  mutating func note(_ outcome: FuzzOutcome, of test: String) {
    let report = outcome.report
    tests.insert(test)
    schedules += report.schedules
    interleavings += report.distinctInterleavings
    fixed.formUnion(report.fixed)
    stale.formUnion(report.stale)
    guard outcome.failure == nil else {
      failures += 1
      return
    }
    // What only replays what it is given has tried nothing of its own.
    guard report.schedules > 0 else { return }
    let isLess = least.map { (report.distinctInterleavings, test) < ($0.interleavings, $0.test) }
    if isLess ?? true { least = (test, report.distinctInterleavings) }
  }

  /// The line; nil where one test alone was fuzzed, which its own report tells of, unless entries
  /// of the corpus were replayed and passed: of a test that passes, no report is seen.
  var line: String? {
    guard tests.count > 1 || !fixed.isEmpty else { return nil }
    var facts = [
      "\(counted(tests.count, "test")) fuzzed", counted(schedules, "schedule"),
      counted(interleavings, "distinct interleaving"),
    ]
    if failures > 0 { facts.append(counted(failures, "failure")) }
    for (files, words) in [(fixed, "fixed"), (stale, "stale")] where !files.isEmpty {
      facts.append(
        counted(files.count, "\(words) corpus entry", plural: "\(words) corpus entries"))
    }
    let worth = (tests.count > 1 ? least : nil).map { least in
      "; least was tried of \(least.test): \(counted(least.interleavings, "interleaving")) only"
    }
    return ("interleave: " + facts.joined(separator: ", ") + (worth ?? "")).ascii
  }

  // MARK: Of this process

  private static let current = Mutex(ProcessSummary())

  /// The process whose tests they are: its children end without a line.
  private static let owner: pid_t = {
    atexit {
      guard getpid() == ProcessSummary.owner else { return }
      let line = ProcessSummary.current.withLock { $0.line }
      for line in OrphanedEntries.found.map(\.description.ascii) + (line.map { [$0] } ?? []) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
      }
    }
    return getpid()
  }()

  /// Takes note of what a test of this process came to, to be told when it ends.
  static func note(_ outcome: FuzzOutcome, of test: TestIdentity) {
    _ = owner
    current.withLock { $0.note(outcome, of: test.fullName) }
  }

  /// The same of a test whose cases it has taken note of, and of which none did what it should.
  static func noteFailure() { current.withLock { $0.failures += 1 } }
}
