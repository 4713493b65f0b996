import Interleave
import InterleaveEngine

/// Judges what the product claims of a program by runs that know nothing of the claim.
struct HuntJudge: Sendable {
  /// What was found out about a program.
  struct Verdict: Sendable {
    /// All interleavings are claimed to have been run.
    var isClaimed = false
    /// How many interleavings there are, by the claim.
    var interleavings = 0
    /// What was seen in the runs behind the claim, or behind none.
    var outcomes: Set<String> = []
    /// Outcomes that are none of these, and by whom they were seen.
    var missed: [String: String] = [:]
    /// Who shows what only native runs show.
    static let runtime = "the real runtime"
    /// How many outcomes of native runs are so rare in others that these had to be sought for long.
    var rare = 0
    /// Why nothing is claimed.
    var reason: String?
    /// A failure that is none: no program of the hunt has one.
    var alarm: String?

    /// It was claimed that all was seen, and it was not.
    var isFalse: Bool { isClaimed && (!missed.isEmpty || outcomes.count > interleavings) }
    /// Runs under control alone show that.
    var isRefutedUnderControl: Bool {
      isFalse && (outcomes.count > interleavings || missed.values.contains { $0 != Self.runtime })
    }
    /// The real runtime shows what runs do not, and no more was claimed.
    var isGap: Bool { !isClaimed && !missed.isEmpty }
  }

  /// How many schedules a proof may take.
  var proofSchedules = 2_000
  /// How many schedules each strategy runs to judge a claim.
  var schedules = 1_500
  /// How many runs the real runtime makes to judge it.
  var nativeRuns = 1_500
  /// How many schedules the judges run together, and then each who seeks for longer, to call what the
  /// real runtime shows a gap.
  var gapSchedules = 20_000

  /// What is claimed of a program, by runs of the same seed.
  var proves: @Sendable (HuntJudge, HuntProgram, UInt64) async -> Verdict = {
    await $0.claim($1, seed: $2)
  }

  /// A judge for a test suite: without native runs, which are not the same each time.
  static var brief: HuntJudge {
    var judge = HuntJudge()
    judge.proofSchedules = 300
    judge.schedules = 200
    judge.nativeRuns = 0
    return judge
  }

  /// By which strategy the product is to prove things; nil for now this, now that one.
  var prover: FuzzConfiguration.StrategyChoice?

  /// Who judges a claim; the last one interrupts steps wherever that can be done.
  private static let judges: [Judge] = [
    (.randomWalk, .before), (.pos, .before), (.pct, .before), (.randomWalk, .everywhere),
  ]
  /// Who looks for longer for what native runs show and no judge has seen: whoever has made something
  /// is held up then until others have done all that they can.
  private static let seekers: [Judge] = [
    (.pct, .everywhere), (.pos, .everywhere), (.randomWalk, .everywhere), (.pct, .before),
    (.randomWalk, .before),
  ]
  private typealias Judge = (
    strategy: FuzzConfiguration.StrategyChoice, interruptions: FuzzConfiguration.InterruptionMode
  )

  /// Judges a program.
  ///
  /// - Parameters:
  ///   - seed: The seed of all schedules.
  ///   - looksForGaps: Native runs are made where nothing is claimed, too.
  func judge(_ program: HuntProgram, seed: UInt64, looksForGaps: Bool = false) async -> Verdict {
    var verdict = await proves(self, program, seed)
    guard verdict.alarm == nil else { return verdict }
    if verdict.isClaimed {
      for (strategy, interruptions) in Self.judges where schedules > 0 {
        let (outcomes, outcome) = await fuzz(
          program, strategy, schedules, seed: seed, interruptions)
        for one in outcomes.subtracting(verdict.outcomes) where verdict.missed[one] == nil {
          verdict.missed[one] = strategy.name
        }
        if let failure = outcome.failure { verdict.alarm = failure.summary }
      }
      if program.isComparable {
        for one in await native(program, seed: seed).subtracting(verdict.outcomes)
        where verdict.missed[one] == nil {
          verdict.missed[one] = Verdict.runtime
        }
      }
    } else if looksForGaps, program.isComparable, nativeRuns > 0 {
      await lookForGap(program, seed: seed, &verdict)
    }
    return verdict
  }

  /// Has the product prove what it can.
  private func claim(_ program: HuntProgram, seed: UInt64) async -> Verdict {
    var verdict = Verdict()
    let strategy = prover ?? (seed.isMultiple(of: 4) ? .portfolio : .reduction)
    let (outcomes, outcome) = await fuzz(program, strategy, proofSchedules, seed: seed)
    verdict.outcomes = outcomes
    verdict.isClaimed = outcome.failure == nil && outcome.report.isExhaustive
    verdict.interleavings = outcome.report.distinctInterleavings
    verdict.reason =
      outcome.report.warnings.first { $0.hasPrefix("nothing was proved") }
      ?? outcome.report.proofObstacle.map { "nothing was proved: \($0)" }
    verdict.alarm = outcome.failure?.summary
    return verdict
  }

  private func lookForGap(
    _ program: HuntProgram, seed: UInt64, _ verdict: inout Verdict
  ) async {
    var missing = await native(program, seed: seed).subtracting(verdict.outcomes)
    for (number, (strategy, interruptions)) in (Self.judges + Self.seekers).enumerated()
    where !missing.isEmpty {
      let isJudge = number < Self.judges.count
      let seen = await fuzz(
        program, strategy, isJudge ? gapSchedules / Self.judges.count : gapSchedules,
        seed: seed &+ UInt64(number), interruptions
      ).outcomes
      if !isJudge { verdict.rare += missing.intersection(seen).count }
      missing.subtract(seen)
    }
    for one in missing { verdict.missed[one] = Verdict.runtime }
  }

  /// Runs a program under a strategy, and collects its outcomes.
  func fuzz(
    _ program: HuntProgram, _ strategy: FuzzConfiguration.StrategyChoice, _ schedules: Int,
    seed: UInt64, _ interruptions: FuzzConfiguration.InterruptionMode = .before
  ) async -> (outcomes: Set<String>, FuzzOutcome) {
    var configuration = FuzzConfiguration()
    configuration.strategy = strategy
    if interruptions != .before { configuration.interruptions = interruptions }
    configuration.schedules = max(1, schedules / program.slowness)
    configuration.seed = seed
    configuration.corpus = .none
    configuration.shrinking.runs = 0
    configuration.checks.remove([.nothingInterleaved, .slowSteps, .unseenErrors])
    let outcomes = Outcomes()
    let outcome = await Fuzzer(configuration).run(named: "sharing") {
      outcomes.add(await HuntWorld.run(program))
    }
    return (Set(outcomes.seen), outcome)
  }

  /// Runs a program on the real runtime, and collects its outcomes.
  private func native(_ program: HuntProgram, seed: UInt64) async -> Set<String> {
    var outcomes: Set<String> = []
    for run in 0..<UInt64(nativeRuns) {
      let jitter = SplitMix64.seed(seed, stream: run)
      // Who waits for a task of less priority raises that amid its run: on an actor, what it makes from
      // then on comes before what it has made.
      let task = Task.detached(priority: Task.currentPriority) {
        await HuntWorld.run(program, jitter: jitter)
      }
      outcomes.insert(await task.value)
    }
    return outcomes
  }

  /// The smallest program found that is like a given one that is judged in the same way.
  ///
  /// - Parameter isLike: Whether a verdict is the same.
  func shrink(
    _ program: HuntProgram, seed: UInt64, looksForGaps: Bool = false,
    while isLike: (Verdict) -> Bool
  ) async -> HuntProgram {
    var smallest = program
    var tries = 0
    search: while tries < 150 {
      for candidate in smallest.smaller {
        tries += 1
        if isLike(await judge(candidate, seed: seed, looksForGaps: looksForGaps)) {
          smallest = candidate
          continue search
        }
      }
      break
    }
    return smallest
  }
}

/// What runs came to.
///
/// Runs under control are made on one thread, and natively none is noted here.
private final class Outcomes: @unchecked Sendable {
  private(set) var seen: [String] = []

  func add(_ outcome: String) { seen.append(outcome) }
}

extension FuzzFailure {
  fileprivate var summary: String { "\(kind.rawValue): \(message.prefix(200))" }
}
