import InterleaveEngine

/// Where the schedules of an exploration are cut into shares.
///
/// A share can be run without the others, by whichever process. So the cuts depend on nothing:
/// the same schedules are run, however many workers there are and however many schedules are
/// asked for. The first share is short, since most bugs are found in it, and no worker is
/// started before its end. Later ones are long enough for a strategy to learn what it must.
package enum ShareCut {
  package static let first = 64
  package static let later = 128

  /// The schedules of a share.
  package static func range(of number: Int) -> Range<Int> {
    guard number > 0 else { return 0..<first }
    let (before, isTooLarge) = (number - 1).multipliedReportingOverflow(by: later)
    guard !isTooLarge, before <= Int.max - first else { return Int.max..<Int.max }
    let start = first + before
    return start..<(start > Int.max - later ? Int.max : start + later)
  }

  /// How many shares it takes until so many schedules were run.
  static func shares(for schedules: Int) -> Int {
    schedules <= first ? 1 : 1 + (schedules - first - 1) / later + 1
  }
}

/// Consecutive schedules of an exploration, with a strategy of their own.
final class Share {
  let number: Int
  let range: Range<Int>
  let strategy: any Strategy
  /// For each strategy that it is made of, its place among all whose use is counted.
  private let places: [Int]
  private var runs = 0
  private var steps = 0

  /// Makes a share.
  ///
  /// - Parameters:
  ///   - number: The share's number, from 0.
  ///   - choice: What chooses the schedules.
  ///   - names: The names of the strategies whose use is counted.
  ///   - baseline: The first run of all, from which a later share's strategy learns how many
  ///     steps and tasks there are.
  init(
    _ number: Int, of choice: FuzzConfiguration.StrategyChoice, names: [String]? = nil,
    after baseline: ListedRun? = nil
  ) {
    self.number = number
    let makeLater = number == 0 ? nil : choice.makeLater
    strategy = makeLater?() ?? choice.make()
    range = choice.makeLater == nil ? 0..<Int.max : ShareCut.range(of: number)
    let own = Self.names(of: strategy, choice)
    places = names.map { names in own.map { names.firstIndex(of: $0) ?? 0 } } ?? Array(own.indices)
    if let baseline {
      strategy.end(RunRecord(baseline))
      add(steps: baseline.steps.count)
    }
  }

  /// The names of the strategies that one strategy is made of.
  static func names(
    of strategy: any Strategy, _ choice: FuzzConfiguration.StrategyChoice
  ) -> [String] {
    (strategy as? Portfolio)?.names ?? [choice.proof == .all ? "randomWalk" : choice.name]
  }

  /// The place of the strategy that chose the last run.
  var lastPlace: Int { places[(strategy as? Portfolio)?.lastMember ?? 0] }

  /// A run of the share took so many steps.
  func add(steps count: Int) {
    runs += 1
    steps += count
  }

  /// How many steps its runs took on average, the baseline included.
  var averageSteps: Int { steps / max(1, runs) }
}
