import Foundation
import InterleaveEngine

/// Estimates how many interleavings there are, by the walks that were drawn at random.
///
/// See `InterleavingOdds`. What it counts are interleavings of whole steps: walks that interrupt a
/// step inside are no descents among those. As long as no walk has come to a point at which it could,
/// all walks are. Those of parts of steps are counted by walks that take these for wholes, and by
/// another estimator.
struct InterleavingEstimator {
  /// With fewer walks, nothing is estimated.
  static let fewestWalks = 24
  /// How many interleavings are told apart.
  private static let seenLimit = 1 << 20

  /// What was seen in walks that had to run whole steps, or in others.
  private struct Sample {
    var odds: [InterleavingOdds] = []
    /// Of some walk, the odds are not known: the others alone would be no fair sample.
    var isUnfair = false
  }

  private var wholeSteps = Sample()
  private var others = Sample()
  /// A walk came to a point at which a step could have been interrupted inside.
  private var cameToPoints = false
  private var limits: ReductionLimits = []
  private var seen: Set<UInt64> = []

  /// Takes note of an interleaving of whole steps.
  mutating func note(_ signature: UInt64) {
    if seen.count < Self.seenLimit { seen.insert(signature) }
  }

  /// Takes note of a walk.
  ///
  /// - Parameter isTried: Its interleaving counts as one that was tried.
  mutating func note(_ walk: RunNote, isTried: Bool = true) {
    if walk.mayInterrupt {
      cameToPoints = cameToPoints || walk.cameToPoints
      guard !walk.limits.contains(.interruptions) else { return }
      if !walk.cameToPoints { Self.add(walk.odds, to: &others) }
    } else {
      // There, what is no whole is a step that had to wait.
      Self.add(walk.odds, to: &wholeSteps)
    }
    limits.formUnion(walk.limits)
    if isTried { note(walk.signature) }
  }

  private static func add(_ odds: RunOdds, to sample: inout Sample) {
    switch odds {
    case .notAsked: break
    case .unknown: sample.isUnfair = true
    case .known(let odds): sample.odds.append(odds)
    }
  }

  /// How many there are; nil where the walks do not tell.
  var estimate: FuzzReport.InterleavingEstimate? { estimate(afterTrying: seen.count) }

  /// How many there are, of which so many were tried.
  func estimate(afterTrying count: Int) -> FuzzReport.InterleavingEstimate? {
    let samples = cameToPoints ? [wholeSteps] : [wholeSteps, others]
    let odds = samples.flatMap(\.odds)
    guard limits.subtracting(.sharing).isEmpty, odds.count >= Self.fewestWalks,
      !samples.contains(where: \.isUnfair)
    else { return nil }
    return FuzzReport.InterleavingEstimate(
      by: odds, afterTrying: count, areOfWholeSteps: cameToPoints)
  }
}

extension FuzzReport.InterleavingEstimate {
  /// So many standard errors of the mean are within the bounds.
  ///
  /// The sample knows little of what is rare and weighs much, so that more are taken than would do
  /// for numbers that are alike.
  private static let width = 2.5

  /// Estimates how many there are by how likely those were that walks came to; nil where these are
  /// too many.
  package init?(
    by odds: [InterleavingOdds], afterTrying count: Int, areOfWholeSteps: Bool = false
  ) {
    let uniform = Double(odds.count { !$0.isByPlace }) / Double(odds.count)
    let weights = odds.map {
      1 / (uniform * exp($0.uniform) + (1 - uniform) * exp($0.byPlace))
    }
    let sum = weights.reduce(0, +)
    let mean = sum / Double(odds.count)
    guard mean.isFinite else { return nil }
    let squares = weights.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let walks = Double(odds.count)
    let error = (squares / (walks - 1) / walks).squareRoot() / mean
    // Where one walk weighs that much, others as rare may be missing.
    let doubt = max(error, (weights.max() ?? 0) / sum)
    let factor = exp(Self.width * log(1 + doubt * doubt).squareRoot())
    let tried = Double(count)
    self.init(
      estimate: max(tried, mean), lowerBound: max(tried, mean / factor),
      upperBound: max(tried, mean * factor), tried: count, schedules: odds.count,
      areOfWholeSteps: areOfWholeSteps)
  }
}

/// Makes a few walks once the search has come to its limit, to estimate how much is left of it.
///
/// They count for no number of a report, but for a failure if one of them fails. How many there are
/// depends on no clock, unless the time was what the campaign was limited by: the same seed is to say
/// the same.
final class Survey {
  /// So many are made at most; fewer after few schedules, of which one for each four.
  static let mostWalks = 384

  /// What the walks take for a whole.
  let grain: Reduction.Grain
  private let strategies: [any Strategy]
  /// How many schedules were run before, and how many walks there may be.
  private let schedules: Int
  private let limit: Int
  private(set) var walks = 0

  /// Gets ready.
  ///
  /// - Parameter schedules: How many were run before.
  init(of grain: Reduction.Grain, after schedules: Int) {
    self.grain = grain
    self.schedules = schedules
    strategies = [RandomWalk(grain: grain), StratifiedWalk(grain: grain)]
    limit = min(Self.mostWalks, max(InterleavingEstimator.fewestWalks, schedules / 4))
  }

  /// The next walk; nil once there are enough, or the time is up and there are as many as it takes.
  func next(_ resolved: ResolvedConfiguration, _ budget: Budget) -> RunRequest? {
    let isLate = budget.isTimeUp && walks >= InterleavingEstimator.fewestWalks
    guard walks < limit, !isLate, !budget.isCancelled else { return nil }
    var request = RunRequest(
      strategy: strategies[walks % strategies.count],
      start: resolved.start(schedules + walks), wants: [.count, .odds, .traceOfFailure])
    request.terms.runsWholeSteps = grain == .steps
    walks += 1
    return request
  }

  /// What is to be known of the walk that was asked for: it ran what it takes for wholes.
  func note(_ outcome: RunOutcome) -> RunNote {
    RunNote(
      signature: outcome.signature, steps: 0, choices: 0, place: -1,
      limits: outcome.limits.subtracting(.sharing), isDrawn: true, isCancelled: false,
      isGenerated: false, odds: outcome.odds,
      cameToPoints: grain == .steps && outcome.cameToPoints)
  }
}
