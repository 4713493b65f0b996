import Foundation
import InterleaveBugs
import InterleaveEngine

/// Explores the mended twins of the bug suite, in which nothing may be reported.
///
/// A twin is explored exhaustively where that takes no more than ``limit`` runs: by reduction,
/// or depth first where something is not covered by the dependency relation. Elsewhere each
/// strategy runs a number of schedules.
struct MendedTwins {
  /// The most runs of an exhaustive search.
  static let limit = 100_000

  private let hunter: Hunter
  private var reports: [String] = []
  private var exhausted = 0
  private var programs = 0

  init() throws {
    hunter = try Hunter()
  }

  /// Explores the twin of each program, and prints a row for each.
  ///
  /// - Parameters:
  ///   - strategies: What explores those that are too large.
  ///   - cap: The schedules that each of these runs.
  /// - Returns: Nothing was reported.
  static func check(
    _ programs: [BugProgram], _ strategies: [FindingBenchmark.NamedStrategy], cap: Int
  ) throws -> Bool {
    var twins = try MendedTwins()
    print("| program | explored | schedules | interleavings | reported |")
    print("| --- | --- | ---: | ---: | --- |")
    for program in programs { twins.explore(program, strategies, cap: cap) }
    for report in twins.reports { print(report) }
    print(
      "\n\(twins.programs) mended programs, \(twins.exhausted) explored exhaustively, "
        + "\(twins.reports.count) reported")
    return twins.reports.isEmpty
  }

  private mutating func explore(
    _ program: BugProgram, _ strategies: [FindingBenchmark.NamedStrategy], cap: Int
  ) {
    programs += 1
    let reduction = hunter.exhaust(program.mended, Reduction(), limit: Self.limit)
    if reduction.isOver {
      return note(program, "exhaustively, by reduction", reduction, by: "reduction")
    }
    var all = reduction
    // Where there are too many interleavings, there are even more schedules.
    if reduction.schedules < Self.limit {
      let search = hunter.exhaust(program.mended, DepthFirst(), limit: Self.limit)
      if search.isOver {
        return note(program, "exhaustively, depth first", search, by: "depthFirst")
      }
      all.seen.formUnion(search.seen)
      all.schedules += search.schedules
    }
    for (name, make) in strategies {
      let sample = hunter.sample(program.mended, make(), seed: 1, cap: cap)
      all.schedules += sample.schedules
      all.seen.formUnion(sample.seen)
      guard let failure = sample.failure else { continue }
      all.failure = failure
      return note(program, "until \(name) failed", all, by: name)
    }
    note(program, "\(cap.grouped) schedules by each strategy", all, by: "")
  }

  private mutating func note(
    _ program: BugProgram, _ how: String, _ found: Exploration, by strategy: String
  ) {
    if found.isExhausted { exhausted += 1 }
    print(
      "| \(program.name) | \(how) | \(found.schedules.grouped) | \(found.seen.count.grouped) "
        + "| \(found.failure == nil ? "nothing" : "a failure") |")
    // A row may take long: it is shown at once, in a file too.
    fflush(nil)
    if let failure = found.failure {
      reports.append(
        "\(program.name), mended, fails in schedule \(failure.schedule) of \(strategy): "
          + failure.reason)
    }
  }
}

/// What came of running a body under many schedules.
struct Exploration {
  struct Failure {
    /// The number of the schedule, from 1 on.
    var schedule: Int
    var reason: String
  }

  var schedules = 0
  /// What tells the interleavings that came up from each other.
  var seen: Set<UInt64> = []
  /// There are no other schedules, or no other interleavings.
  var isExhausted = false
  var failure: Failure?

  /// Nothing is left to be done: it failed, or was all.
  var isOver: Bool { isExhausted || failure != nil }
}

extension Hunter {
  typealias Body = @Sendable () async throws -> Void

  /// Runs one schedule of each interleaving of a body.
  ///
  /// - Returns: It is exhausted if that took no more runs than the limit, and if the dependency
  ///   relation covers all that the body does.
  func exhaust(_ body: @escaping Body, _ search: Reduction, limit: Int) -> Exploration {
    var result = Exploration()
    while result.schedules < limit, result.failure == nil, search.advance() {
      result.run(self, body, search) { search.learn(from: $0) }
    }
    result.isExhausted = search.isExhausted && result.failure == nil
    return result
  }

  /// Runs all schedules of a body.
  ///
  /// - Returns: It is exhausted if that took no more runs than the limit, and nothing escaped.
  func exhaust(_ body: @escaping Body, _ search: DepthFirst, limit: Int) -> Exploration {
    var result = Exploration()
    var hasEscaped = false
    while result.schedules < limit, result.failure == nil, !search.isExhausted {
      result.run(self, body, search) { hasEscaped = hasEscaped || $0.hasEscapes }
    }
    result.isExhausted = search.isExhausted && !hasEscaped && result.failure == nil
    return result
  }

  /// Runs a number of schedules, the baseline's first.
  func sample(
    _ body: @escaping Body, _ strategy: any Strategy, seed: UInt64, cap: Int
  ) -> Exploration {
    var result = Exploration()
    result.run(self, body, Baseline(), seed: seed) { strategy.end($0.record) }
    while result.schedules < cap, result.failure == nil, !strategy.isExhausted {
      result.run(self, body, strategy, seed: seed)
    }
    return result
  }
}

extension Exploration {
  /// Runs one more schedule.
  ///
  /// - Parameter learn: Is called before the run is forgotten.
  fileprivate mutating func run(
    _ hunter: Hunter, _ body: @escaping Hunter.Body, _ strategy: some Strategy, seed: UInt64 = 0,
    learn: (Machine) -> Void = { _ in }
  ) {
    let start = RunStart(
      index: schedules, seed: SplitMix64.seed(seed, stream: UInt64(schedules)))
    schedules += 1
    hunter.run(body, strategy, start) { machine, reason in
      learn(machine)
      seen.insert(machine.signature)
      if let reason { failure = Failure(schedule: schedules, reason: reason) }
    }
  }
}
