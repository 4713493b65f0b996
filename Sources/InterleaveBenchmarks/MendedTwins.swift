import Foundation
import InterleaveBugs
import InterleaveEngine

/// Explores the mended twins of the bug suite, in which nothing may be reported.
///
/// A twin is explored exhaustively where that takes no more than ``limit`` runs: by reduction,
/// or depth first where something is not covered by the dependency relation. Elsewhere each
/// strategy runs a number of schedules; so too where a sample says that there are more
/// interleavings than that, or where steps are interrupted inside.
struct MendedTwins {
  /// The most runs of an exhaustive search.
  static let limit = 100_000

  /// How many walks tell whether an exhaustive search is worth while.
  static let sampleSize = 2_000

  private let hunter: Hunter
  private var reports: [String] = []
  private var exhausted = 0
  private var programs = 0
  private var table = SlowTable(
    ("program", false), ("explored", false), ("schedules", true), ("interleavings", true),
    ("reported", false))

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
    for program in programs { twins.explore(program, strategies, cap: cap) }
    twins.table.end(
      twins.reports + [
        "\n\(twins.programs) mended programs, \(twins.exhausted) explored exhaustively, "
          + "\(twins.reports.count) reported"
      ])
    return twins.reports.isEmpty
  }

  private mutating func explore(
    _ program: BugProgram, _ strategies: [FindingBenchmark.NamedStrategy], cap: Int
  ) {
    programs += 1
    hunter.interruptions = program.need == .nothing ? .never : .everywhere
    var all = hunter.sample(program.mended, RandomWalk(), seed: 2, cap: Self.sampleSize)
    if all.failure != nil { return note(program, "until a walk failed", all, by: "randomWalk") }
    if program.need == .nothing, all.leastInterleavings <= Double(Self.limit) {
      let search = hunter.exhaust(program.mended, limit: Self.limit)
      if search.isOver { return note(program, search.how, search, by: search.how) }
      all.add(search)
    }
    for (name, make) in strategies {
      let sample = hunter.sample(program.mended, make(), seed: 1, cap: cap)
      all.add(sample)
      if sample.failure != nil { return note(program, "until \(name) failed", all, by: name) }
    }
    note(program, "\(cap.grouped) schedules by each strategy", all, by: "")
  }

  private mutating func note(
    _ program: BugProgram, _ how: String, _ found: Exploration, by strategy: String
  ) {
    if found.isExhausted { exhausted += 1 }
    table.add(
      program.name, how, found.schedules.grouped, found.seen.count.grouped,
      found.failure == nil ? "nothing" : "a failure")
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

  /// How it was done, in words.
  var how = ""
  var schedules = 0
  /// How often each interleaving came up.
  var seen: [UInt64: Int] = [:]
  /// There are no other schedules, or no other interleavings.
  var isExhausted = false
  var failure: Failure?

  /// Nothing is left to be done: it failed, or was all.
  var isOver: Bool { isExhausted || failure != nil }

  /// How many interleavings there are at least, as a sample of random schedules tells.
  ///
  /// Chao's estimate ("Nonparametric estimation of the number of classes in a population",
  /// Scandinavian Journal of Statistics 1984), in its form without a bias.
  var leastInterleavings: Double {
    let once = Double(seen.values.count { $0 == 1 })
    let twice = Double(seen.values.count { $0 == 2 })
    return Double(seen.count) + once * (once - 1) / (2 * (twice + 1))
  }

  mutating func add(_ other: Exploration) {
    schedules += other.schedules
    seen.merge(other.seen, uniquingKeysWith: +)
    failure = failure ?? other.failure
  }
}

extension Hunter {
  typealias Body = @Sendable () async throws -> Void

  /// Explores all that a body can do, by reduction, or else depth first.
  ///
  /// - Returns: It is exhausted if that took no more runs than the limit, and if the dependency
  ///   relation covers all that the body does, or nothing of it escaped.
  func exhaust(_ body: @escaping Body, limit: Int) -> Exploration {
    var result = Exploration(how: "exhaustively, by reduction")
    let reduction = Reduction()
    while result.schedules < limit, result.failure == nil, reduction.advance() {
      result.run(self, body, reduction) { reduction.learn(from: $0) }
    }
    result.isExhausted = reduction.isExhausted && result.failure == nil
    // Where there are too many interleavings, there are even more schedules.
    if result.isOver || result.schedules == limit { return result }
    result = Exploration(how: "exhaustively, depth first")
    let search = DepthFirst()
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
    let sample = Sample()
    return contained {
      sample.all.run(self, body, Baseline(), seed: seed) { strategy.end($0.record) }
      while sample.all.schedules < cap, sample.all.failure == nil, !strategy.isExhausted {
        sample.all.run(self, body, strategy, seed: seed)
      }
      return sample.all
    } stopped: { stop in
      var all = sample.all
      all.failure = Exploration.Failure(
        schedule: all.schedules, reason: "a step was stopped: \(stop.cause)")
      return all
    }
  }

  /// What has come of a sample so far.
  private final class Sample {
    var all = Exploration()
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
      seen[machine.signature, default: 0] += 1
      if let reason { failure = Failure(schedule: schedules, reason: reason) }
    }
  }
}
