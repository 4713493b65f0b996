import Foundation

/// How well counts agree with what they should be, by Pearson's chi-square test.
///
/// The limit is one that true counts exceed once in some 30,000 times, so with fixed seeds a
/// test that passes once passes always; a probability that is wrong by a tenth shows after a
/// few thousand runs.
struct Fit: CustomStringConvertible {
  private var statistic = 0.0
  private var cells = 0

  /// No outcome came up that cannot, and all came up about as often as they should.
  var isGood: Bool { cells > 1 && statistic <= limit }

  /// The value that true counts hardly ever exceed, as Wilson and Hilferty approximate it.
  private var limit: Double {
    let freedom = Double(max(1, cells - 1))
    let spread = 2 / (9 * freedom)
    return freedom * pow(1 - spread + 4 * spread.squareRoot(), 3)
  }

  var description: String {
    "chi-square \(statistic) over \(cells) outcomes, at most \(limit)"
  }

  /// Compares counts with the outcomes that are possible, all of them equally likely.
  init<Outcome>(_ counts: [Outcome: Int], toEqualShares outcomes: Set<Outcome>) {
    let share = 1 / Double(outcomes.count)
    self.init(counts, to: outcomes.reduce(into: [:]) { $0[$1] = share })
  }

  /// Compares counts with probabilities.
  init<Outcome>(_ counts: [Outcome: Int], to probabilities: [Outcome: Double]) {
    let total = Double(counts.values.reduce(0, +))
    cells = probabilities.count
    for (outcome, count) in counts where count > 0 && (probabilities[outcome] ?? 0) == 0 {
      statistic = .infinity
    }
    for (outcome, probability) in probabilities where probability > 0 {
      let expected = total * probability
      let difference = Double(counts[outcome] ?? 0) - expected
      statistic += difference * difference / expected
    }
  }

  /// Compares counts with others that come from the same distribution, if all is right.
  ///
  /// What is rare in both counts as one outcome.
  init<Outcome>(_ counts: [Outcome: Int], toSample others: [Outcome: Int]) {
    let ratio =
      (Double(others.values.reduce(0, +)) / Double(counts.values.reduce(0, +))).squareRoot()
    var rare = (0, 0)
    var pairs: [(Int, Int)] = []
    for outcome in Set(counts.keys).union(others.keys) {
      let pair = (counts[outcome] ?? 0, others[outcome] ?? 0)
      if pair.0 + pair.1 < 20 {
        rare = (rare.0 + pair.0, rare.1 + pair.1)
      } else {
        pairs.append(pair)
      }
    }
    if rare.0 + rare.1 > 0 { pairs.append(rare) }
    cells = pairs.count
    for (count, other) in pairs {
      let difference = Double(count) * ratio - Double(other) / ratio
      statistic += difference * difference / Double(count + other)
    }
  }
}
