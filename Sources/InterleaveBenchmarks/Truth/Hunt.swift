import Interleave
import InterleaveEngine

/// How long a hunt goes on.
enum HuntAmount: Sendable, Equatable {
  case seconds(Int)
  case programs(Int)

  /// Reads `60s` as seconds, and `500` as a number of programs.
  init?(_ text: String) {
    let digits = text.hasSuffix("s") ? String(text.dropLast()) : text
    guard let number = Int(digits), number > 0 else { return nil }
    self = text.hasSuffix("s") ? .seconds(number) : .programs(number)
  }
}

/// Hunts for proofs that are none: random programs over shared things, what is claimed of them,
/// and what other schedules and the real runtime show.
struct Hunt: Sendable {
  /// A program about which something false was said.
  struct Catch: Sendable, CustomStringConvertible {
    var program: HuntProgram
    var seed: UInt64
    var verdict: HuntJudge.Verdict

    var description: String {
      var text = "seed \(seed)\n\(program)"
      if let alarm = verdict.alarm { text += "\n  failed: \(alarm)" }
      if verdict.isClaimed {
        text += "\n  claimed: \(verdict.interleavings) interleavings, with the outcomes"
        for outcome in verdict.outcomes.sorted() { text += "\n    " + outcome.onOneLine }
      }
      for (outcome, judge) in verdict.missed.sorted(by: { $0.key < $1.key }) {
        text += "\n  missed, seen by \(judge):\n    " + outcome.onOneLine
      }
      return text
    }
  }

  /// What became of the programs that share one thing.
  struct Tally: Sendable {
    var programs = 0
    var claims = 0
    /// Proofs that other runs under control refute, and those that only native runs do.
    var refuted = 0
    var refutedNatively = 0
    var alarms = 0
    var judgedForGaps = 0
    var gaps = 0
  }

  var judge = HuntJudge()
  var seed: UInt64 = 1
  /// What programs may share, as places in ``SharedThings/all``.
  var things = Array(SharedThings.all.indices)
  /// Of so many programs of which nothing is claimed, one is judged for gaps; 0 for none.
  var gapsOneIn = 10
  /// The most catches that are made small.
  var mostCatches = 20

  private(set) var tallies: [Int: Tally] = [:]
  private(set) var reasons: [String: Int] = [:]
  private(set) var falseProofs: [Catch] = []
  private(set) var alarms: [Catch] = []
  private(set) var gaps: [Catch] = []
  /// How many programs show natively what is rare in other runs.
  private(set) var rarities = 0
  private(set) var programs = 0

  init() {}

  /// The seed of a program, which is that of its schedules, too.
  private func seed(ofProgram number: Int) -> UInt64 {
    SplitMix64.seed(seed, stream: UInt64(number)) >> 24
  }

  /// Judges one program after the other.
  mutating func run(_ amount: HuntAmount, tell: (String) -> Void = { _ in }) async {
    let clock = ContinuousClock()
    let start = clock.now
    var told = start
    while true {
      switch amount {
      case .seconds(let seconds): if clock.now - start >= .seconds(seconds) { return }
      case .programs(let count): if programs >= count { return }
      }
      await runOne(tell)
      if clock.now - told > .seconds(60) {
        told = clock.now
        tell("\(programs) programs, \(falseProofs.count) false proofs, \(alarms.count) alarms")
      }
    }
  }

  private mutating func runOne(_ tell: (String) -> Void) async {
    let number = programs
    await run(
      programOf: seed(ofProgram: number),
      looksForGaps: gapsOneIn > 0 && number.isMultiple(of: gapsOneIn), tell)
  }

  /// Judges the program of a seed, as a hunt tells it, that is drawn of the same things.
  mutating func run(
    programOf seed: UInt64, looksForGaps: Bool = true, _ tell: (String) -> Void = { _ in }
  ) async {
    programs += 1
    let program = HuntProgram.random(seed: seed, of: things)
    let verdict = await judge.judge(program, seed: seed, looksForGaps: looksForGaps)
    for thing in Set(program.things) {
      tallies[thing, default: Tally()].add(verdict, looksForGaps && program.isComparable)
    }
    if verdict.rare > 0 { rarities += 1 }
    if let reason = verdict.reason { reasons[reason.kind, default: 0] += 1 }
    if verdict.alarm != nil {
      await add(program, seed, verdict, to: \.alarms, "false alarm", tell) { $0.alarm != nil }
    } else if verdict.isFalse {
      await add(program, seed, verdict, to: \.falseProofs, "false proof", tell) { $0.isFalse }
    } else if verdict.isGap {
      gaps.append(Catch(program: program, seed: seed, verdict: verdict))
    }
  }

  private mutating func add(
    _ program: HuntProgram, _ seed: UInt64, _ verdict: HuntJudge.Verdict,
    to list: WritableKeyPath<Hunt, [Catch]>, _ name: String, _ tell: (String) -> Void,
    while isLike: (HuntJudge.Verdict) -> Bool
  ) async {
    var found = Catch(program: program, seed: seed, verdict: verdict)
    if self[keyPath: list].count < mostCatches {
      found.program = await judge.shrink(program, seed: seed, while: isLike)
      let again = await judge.judge(found.program, seed: seed)
      if isLike(again) { found.verdict = again } else { found.program = program }
      tell("\(name): \(found)\n")
    }
    self[keyPath: list].append(found)
  }

  /// Nothing false was said of any program.
  var isClean: Bool { falseProofs.isEmpty && alarms.isEmpty }
  /// There were claims that could be false.
  var hasJudged: Bool { claims > 0 }
  var claims: Int { tallies.values.reduce(0) { $0 + $1.claims } }

  /// What was judged, by what was shared.
  var table: MarkdownTable {
    var table = MarkdownTable(
      "shared", "programs", "proved", "false proofs", "only natively so", "false alarms",
      "gaps sought",
      "gaps")
    for (thing, tally) in tallies.sorted(by: { $0.key < $1.key }) {
      table.add(
        SharedThings.all[thing].name, tally.programs.grouped, tally.claims.grouped,
        tally.refuted.grouped, tally.refutedNatively.grouped, tally.alarms.grouped,
        tally.judgedForGaps.grouped,
        tally.gaps.grouped)
    }
    return table
  }
}

extension Hunt.Tally {
  fileprivate mutating func add(_ verdict: HuntJudge.Verdict, _ judgesGaps: Bool) {
    programs += 1
    if verdict.isClaimed { claims += 1 }
    if verdict.isRefutedUnderControl {
      refuted += 1
    } else if verdict.isFalse {
      refutedNatively += 1
    }
    if verdict.alarm != nil { alarms += 1 }
    if !verdict.isClaimed, verdict.alarm == nil, judgesGaps { judgedForGaps += 1 }
    if verdict.isGap { gaps += 1 }
  }
}

extension String {
  fileprivate var onOneLine: String {
    split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " | ")
  }

  /// A reason without the names and places in it.
  fileprivate var kind: String {
    String(prefix { $0 != "`" }.prefix(100))
  }
}
