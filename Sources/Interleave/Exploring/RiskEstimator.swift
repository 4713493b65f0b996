/// Estimates how likely one more schedule is to be of a class that none was of.
///
/// Good and Turing's estimate (Good: "The population frequencies of species and the estimation
/// of population parameters", Biometrika 1953): the part of a sample that is alone in its class.
/// Schedules that share what was generated for them are one *group* and no independent draws,
/// so a class counts as seen once while all who saw it are of one group: that estimates how
/// likely a schedule of a fresh group is to be of an unseen class. Without generated inputs
/// each schedule is a group.
///
/// The bound is one-sided, with 95 % confidence. Esty ("A normal limit law for a nonparametric
/// estimator of the coverage of a random sample", Annals of Statistics 1983) has the variance,
/// from the classes seen once and twice. It is taken at the bound and not at the estimate, as in
/// Wilson's interval: that gives sense to a sample in which nothing was seen just once, about
/// 2.7 divided by its size. A distribution-free bound (McAllester and Schapire: "On the
/// convergence rate of Good-Turing estimators", COLT 2000) was rejected: after 1,000 schedules
/// it could not tell a risk of 0 from one of 25 %.
struct RiskEstimator {
  private struct Sightings {
    /// The group that saw the class last.
    var group: Int
    /// How many groups saw it; 3 for three and more, and for what is no part of the sample.
    var groups: UInt8
    /// How many schedules of one or two groups did.
    var schedules: Int32
  }

  /// How many classes are told apart; what comes above that counts as seen once.
  static let classLimit = 1 << 18
  /// Of the standard normal distribution, 95 % is below this.
  static let quantile = 1.644854

  private let includesInputs: Bool
  private var classes: [UInt64: Sightings] = [:]
  private var groups = 0
  private var lastGroup: Int?
  private var schedules = 0
  /// How many schedules are of classes that one group saw, and that two saw.
  private var seenOnce = 0
  private var seenTwice = 0

  /// Makes an estimator without a sample.
  ///
  /// - Parameter includesInputs: Classes are of generated inputs and interleaving together.
  init(includesInputs: Bool = false) {
    self.includesInputs = includesInputs
  }

  /// Takes note of a class that came up otherwise than in a random draw.
  mutating func note(_ signature: UInt64) {
    if let known = classes[signature] { remove(known) }
    guard classes[signature] != nil || classes.count < Self.classLimit else { return }
    classes[signature] = Sightings(group: -1, groups: 3, schedules: 0)
  }

  /// Takes note of the class of a schedule that was drawn at random.
  ///
  /// - Parameters:
  ///   - signature: What tells the class from others.
  ///   - group: The number of what was generated for it, at least 0; groups come one after
  ///     another.
  mutating func draw(_ signature: UInt64, group: Int) {
    schedules += 1
    if group != lastGroup {
      groups += 1
      lastGroup = group
    }
    guard classes.count < Self.classLimit || classes[signature] != nil else {
      seenOnce += 1
      return
    }
    // Most are new: it is looked up and added at once.
    let none = Sightings(group: -1, groups: 0, schedules: 0)
    let change = Self.see(&classes[signature, default: none], by: group)
    seenOnce += change.once
    seenTwice += change.twice
  }

  /// A group has seen a class, maybe once more.
  ///
  /// - Returns: How many more schedules are of classes that one group saw, and that two saw.
  private static func see(_ known: inout Sightings, by group: Int) -> (once: Int, twice: Int) {
    guard known.groups < 3 else { return (0, 0) }
    let before = known
    known.schedules += 1
    if known.group != group {
      known.group = group
      known.groups += 1
    }
    return (
      schedules(of: known, ifSeenBy: 1) - schedules(of: before, ifSeenBy: 1),
      schedules(of: known, ifSeenBy: 2) - schedules(of: before, ifSeenBy: 2)
    )
  }

  private static func schedules(of known: Sightings, ifSeenBy groups: UInt8) -> Int {
    known.groups == groups ? Int(known.schedules) : 0
  }

  private mutating func remove(_ known: Sightings) {
    if known.groups == 1 { seenOnce -= Int(known.schedules) }
    if known.groups == 2 { seenTwice -= Int(known.schedules) }
  }

  /// The estimate; nil without a sample.
  var risk: FuzzReport.ResidualRisk? {
    guard schedules > 0 else { return nil }
    let estimate = Double(seenOnce) / Double(schedules)
    // What the independent draws were, if each had been one schedule.
    let draws = Double(groups)
    let once = estimate * draws
    let twice = Double(seenTwice) / Double(schedules) * draws
    let half = Self.quantile * Self.quantile / 2
    let bound =
      (once + half + Self.quantile * (once + twice + half / 2).squareRoot()) / draws
    return FuzzReport.ResidualRisk(
      estimate: estimate, upperBound: min(1, bound), schedules: schedules,
      includesInputs: includesInputs)
  }
}
