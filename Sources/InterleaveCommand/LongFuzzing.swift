import Foundation
import Interleave

/// Fuzzes tests at length, and shares the time among them by what they still reach.
///
/// All tests run once. What time is left goes to them in rounds, each test in a process of its own:
/// to each as much as one more of its schedules is likely to show something unseen. Tests that
/// have failed, or of which everything was run, get none.
struct LongFuzzing {
  private let settings: FuzzOptions
  private let options: PackageOptions
  private let print: (String) -> Void

  init(
    _ settings: FuzzOptions, _ options: PackageOptions, print: @escaping (String) -> Void
  ) {
    self.settings = settings
    self.options = options
    self.print = print
  }

  func run() throws -> ExitCode {
    let tests = PackageTests(options: options)
    try tests.build()
    let begin = ContinuousClock.now
    var round = 0
    let first = try tests.records(
      filter: settings.filter, environment: environment(seconds: settings.seconds / 4, round))
    var sums = Dictionary(first.records.map { ($0.name, $0) }) { $0.merged(with: $1) }
    guard !sums.isEmpty else {
      throw CommandError(
        .nothing,
        "no fuzzed test ran" + (settings.filter.map { " that matches `\($0)`" } ?? ""))
    }
    while true {
      let left = settings.seconds - begin.duration(to: .now) / .seconds(1)
      let open = sums.values.filter(\.isWorthMore).sorted { $0.name < $1.name }
      guard left > 0.5, !open.isEmpty else { break }
      round += 1
      let whole = open.map(\.weight).reduce(0, +)
      // Half of what is left goes to a round, so that later ones learn from it.
      let share = round < 3 ? left / 2 : left
      for record in open {
        let seconds = max(0.2, share * record.weight / whole)
        let more = try tests.records(
          filter: record.filter, environment: environment(seconds: seconds, round))
        for next in more.records where next.name == record.name {
          sums[next.name] = sums[next.name]?.merged(with: next) ?? next
        }
      }
    }
    return try finish(sums.values.sorted { $0.name < $1.name })
  }

  private func environment(seconds: Double, _ round: Int) -> [String: String] {
    var variables = ["INTERLEAVE_DURATION": "\(Int(seconds * 1000))ms"]
    if let workers = settings.workers { variables["INTERLEAVE_WORKERS"] = String(workers) }
    if let seed = settings.seed { variables["INTERLEAVE_SEED"] = String(seed &+ UInt64(round)) }
    return variables
  }

  private func finish(_ records: [CampaignRecord]) throws -> ExitCode {
    var table = TextTable("test", "schedules", "interleavings", "unseen", "verdict")
    for record in records {
      table.rows.append([
        record.name, String(record.schedules), String(record.distinctInterleavings),
        record.isExhaustive ? "none" : record.residualRisk.map(Self.percent) ?? "?",
        record.verdict,
      ])
    }
    print(try table.rendered(asJSON: options.json))
    if !options.json {
      for record in records {
        if let failure = record.failure { print("\n\(failure.report)") }
      }
    }
    return records.allSatisfy { $0.failure == nil && $0.error == nil } ? .success : .failure
  }

  private static func percent(_ part: Double) -> String { "\((part * 1000).rounded() / 10)%" }
}

extension CampaignRecord {
  /// More schedules may show something.
  fileprivate var isWorthMore: Bool {
    outcome == .passed && !isExhaustive && choices > 0 && schedules > 0
  }

  /// How much of the time it is given: how likely one more schedule shows something unseen.
  fileprivate var weight: Double { max(residualRisk ?? 0.01, 0.001) }

  /// What tells a test runner to run its test alone.
  fileprivate var filter: String {
    let function = NSRegularExpression.escapedPattern(for: String(test.prefix { $0 != "(" }))
    return "(^|[./])`?\(function)`?(\\(|$)"
  }

  fileprivate var verdict: String {
    if let error { return "error: \(error)" }
    if let failure { return "racy: \(failure.kind)" + (failure.place.map { " at \($0)" } ?? "") }
    if isExhaustive { return choices == 0 ? "worth little: nothing to interleave" : "proved" }
    if choices == 0 { return "worth little: nothing was interleaved" }
    return (residualRisk ?? 1) < 0.05 ? "passes" : "passes, but much is unseen"
  }

  /// What two campaigns of one test came to together.
  fileprivate func merged(with later: CampaignRecord) -> CampaignRecord {
    var sum = later
    sum.schedules += schedules
    // The later one may have seen some of them again, so that this is the least there are.
    sum.distinctInterleavings = max(distinctInterleavings, later.distinctInterleavings)
    sum.choices += choices
    sum.seconds += seconds
    sum.failure = failure ?? later.failure
    return sum
  }
}
