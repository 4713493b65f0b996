import Foundation
import Interleave

/// What the benchmark `truth` was asked to do.
struct TruthOptions: Equatable {
  struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  static let long = HuntAmount.seconds(3_600)

  var amount = long
  /// Only what is sound is looked at, or only random programs are.
  var part: Part?

  enum Part: String { case sound, hunt }
  var seed: UInt64 = 1
  /// How many native runs judge a claim; nil for as many as usual.
  var nativeRuns: Int?
  /// How many schedules each judge of a claim runs; nil for as many as usual.
  var schedules: Int?
  /// By which strategy everything is to be proved; nil for several.
  var prover: Prover?

  enum Prover: String, CaseIterable {
    case portfolio, reduction

    var strategy: FuzzConfiguration.StrategyChoice {
      switch self {
      case .portfolio: .portfolio
      case .reduction: .reduction
      }
    }
  }
  /// What programs may share; empty for all.
  var things: [Int] = []
  /// Of so many programs of which nothing is claimed, one is run natively; nil for as many as usual.
  var gapsOneIn: Int?
  /// The seeds of single programs that are to be judged again, as a hunt tells them.
  var programSeeds: [UInt64] = []

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--seed":
        guard let seed = rest.popFirst().flatMap({ UInt64($0) }) else {
          throw Unreadable(description: "--seed needs a number")
        }
        self.seed = seed
      case "--native":
        guard let runs = rest.popFirst().flatMap({ Int($0) }), runs >= 0 else {
          throw Unreadable(description: "--native needs a number of runs, or 0 for none")
        }
        nativeRuns = runs
      case "--schedules":
        guard let number = rest.popFirst().flatMap({ Int($0) }), number > 0 else {
          throw Unreadable(description: "--schedules needs a number above 0")
        }
        schedules = number
      case "--gaps":
        guard let number = rest.popFirst().flatMap({ Int($0) }), number >= 0 else {
          throw Unreadable(description: "--gaps needs a number, of which one is looked at, or 0")
        }
        gapsOneIn = number
      case "--program":
        guard let seed = rest.popFirst().flatMap({ UInt64($0) }) else {
          throw Unreadable(description: "--program needs the seed of a program of a hunt")
        }
        programSeeds.append(seed)
        part = .hunt
      case "--by":
        guard let prover = rest.popFirst().flatMap({ Prover(rawValue: $0) }) else {
          throw Unreadable(
            description: "--by needs the strategy that is to prove things: "
              + Prover.allCases.map(\.rawValue).joined(separator: " or "))
        }
        self.prover = prover
      case "--sharing":
        let name = rest.popFirst() ?? ""
        guard let thing = SharedThings.place(of: name) else {
          let names = SharedThings.all.map { $0.name }.joined(separator: ", ")
          throw Unreadable(description: "there is no shared thing “\(name)”: there are \(names)")
        }
        things.append(thing)
      case "sound", "hunt": part = Part(rawValue: argument)
      default:
        guard let amount = HuntAmount(argument) else {
          throw Unreadable(
            description: "“\(argument)” is no amount: 60s are seconds, 500 are programs")
        }
        self.amount = amount
      }
    }
  }
}

/// Hunts for what is said and is not so.
///
/// - Returns: Nothing was found, and there was something that could have been.
func showTruth(_ options: TruthOptions) async -> Bool {
  let isBrief = options.amount != TruthOptions.long
  var isSound = true
  if options.part != .hunt { isSound = await showSoundness(schedules: isBrief ? 100 : 10_000) }
  guard options.part != .sound else { return isSound }
  var hunt = Hunt()
  hunt.seed = options.seed
  if let runs = options.nativeRuns { hunt.judge.nativeRuns = runs }
  if let schedules = options.schedules { hunt.judge.schedules = schedules }
  hunt.judge.prover = options.prover?.strategy
  if let number = options.gapsOneIn { hunt.gapsOneIn = number }
  if !options.things.isEmpty { hunt.things = options.things }
  func tell(_ text: String) {
    print(text)
    fflush(nil)
  }
  if options.programSeeds.isEmpty {
    await hunt.run(options.amount, tell: tell)
  } else {
    for seed in options.programSeeds { await hunt.run(programOf: seed, tell) }
  }
  print(hunt.table)
  for (reason, count) in hunt.reasons.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
    print("\(count.grouped) × \(reason)")
  }
  for gap in hunt.gaps { print("\nonly natively, and nothing claimed: \(gap)") }
  print(
    "\n\(hunt.programs.grouped) programs: \(hunt.claims.grouped) proofs, "
      + "\(hunt.falseProofs.count) false; \(hunt.alarms.count) false alarms; "
      + "\(hunt.gaps.count) with outcomes that only the real runtime shows, \(hunt.rarities) with "
      + "such that are rare in other runs")
  if !hunt.hasJudged { print("nothing was proved, so that no proof was judged") }
  return hunt.isClean && hunt.hasJudged && isSound
}
