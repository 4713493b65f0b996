import InterleaveEngine
import Testing

/// How a portfolio shares runs out, by what its strategies show.
@Suite struct PortfolioShareTests {
  /// What a run of a strategy shows.
  private enum Showing {
    /// Tasks, steps and orders that no run had before.
    case everything
    /// The same as ever.
    case nothing
    /// Orders that no run had before, of steps that followed each other before.
    case orders
    /// The same as ever on the actor, and new orders outside of actors.
    case outsideOfActors
    /// New orders outside of actors, where no two tasks meet on an actor.
    case onlyOutsideOfActors
  }

  /// Stands for a strategy: what it would choose is written down.
  private final class Stand: Strategy {
    func begin(_ run: RunStart) {}
    func choose(among steps: EnabledSteps) -> Int { 0 }
  }

  /// The runs of a portfolio, each written down as its strategy shows things.
  private final class Runs {
    let portfolio: Portfolio
    var showings: [Showing]
    /// In how many runs no step was to be interrupted inside.
    private(set) var wholeRuns = 0
    /// How many of those had so many threads in the pool.
    private(set) var widths: [Int?: Int] = [:]
    /// A step of each run blocks for what has still to find a thread.
    var couldStarve = false
    /// A step of each run comes to a point at which it could be interrupted.
    var cameToPoints = false
    /// Who made the choices of each run.
    private(set) var used: [String] = []
    private var random = SplitMix64(seed: 11)
    private var number: UInt64 = 100

    /// Those of the default portfolio.
    init(_ portfolio: Portfolio = Portfolio()) {
      self.portfolio = portfolio
      showings = portfolio.names.map { _ in .everything }
    }

    init(_ members: [(weight: Double, shows: Showing)]) {
      portfolio = Portfolio(
        of: members.enumerated().map { index, member in
          (name: "\(index)", strategy: Stand(), weight: member.weight)
        })
      showings = members.map(\.shows)
    }

    /// Runs so many schedules.
    ///
    /// - Returns: How many each member was used for.
    func run(_ count: Int) -> [Int] {
      let before = portfolio.spent.map(\.schedules)
      for index in 0..<count {
        portfolio.begin(RunStart(index: index, seed: UInt64(index)))
        if !portfolio.interruptsSteps {
          wholeRuns += 1
          widths[portfolio.poolWidth, default: 0] += 1
        }
        used.append(portfolio.lastUsed ?? "")
        let record = record(showings[portfolio.lastMember ?? 0])
        record.couldStarve = couldStarve
        record.cameToPoints = cameToPoints
        portfolio.end(RunRecord(record))
      }
      return zip(portfolio.spent, before).map { $0.schedules - $1 }
    }

    private func record(_ showing: Showing) -> ListedRun {
      switch showing {
      case .everything:
        number += 2
        return listed([(1, [0, 1, 0, 1])], names: number)
      case .nothing: return listed([(1, [0, 1, 0, 1])], names: 1)
      case .orders: return listed([(2, shuffled())], names: 1)
      case .outsideOfActors: return listed([(1, [0, 1, 0, 1]), (0, shuffled())], names: 1)
      case .onlyOutsideOfActors: return listed([(0, shuffled())], names: 1)
      }
    }

    /// Two tasks that take seven steps each.
    private func shuffled() -> [Int] {
      var tasks = Array(repeating: 0, count: 7) + Array(repeating: 1, count: 7)
      tasks.shuffle(using: &random)
      return tasks
    }

    private func listed(_ orders: [(executor: UInt64, tasks: [Int])], names: UInt64) -> ListedRun {
      let run = ListedRun()
      run.tasks = [RunTask(name: names, parent: nil), RunTask(name: names + 1, parent: 0)]
      var ordinals = [0, 0]
      for (executor, tasks) in orders {
        for task in tasks {
          run.steps.append(
            RanStep(taskNumber: task, executor: executor, ordinal: ordinals[task]))
          ordinals[task] += 1
        }
      }
      return run
    }
  }

  private func isClose(_ shares: [Int], to expected: [Double], _ tolerance: Double) -> Bool {
    let sum = Double(shares.reduce(0, +))
    return zip(shares, expected).allSatisfy { abs(Double($0) / sum - $1) <= tolerance }
  }

  @Test func thoseThatShowAsMuchAreUsedByWeight() {
    for showing in [Showing.everything, .nothing] {
      let runs = Runs([(weight: 3, shows: showing), (weight: 1, shows: showing)])
      // What was new at first is forgotten by then.
      _ = runs.run(400)
      #expect(runs.run(400) == [300, 100])
    }
  }

  @Test func halfOfAllRunsIsSharedOutByWeightAlone() {
    let runs = Runs([
      (weight: 1, shows: .nothing), (weight: 2, shows: .nothing), (weight: 1, shows: .everything),
    ])
    _ = runs.run(500)
    let shares = runs.run(4_000)
    #expect(isClose(shares, to: [0.125, 0.25, 0.625], 0.003), "\(shares)")
  }

  @Test func newOrdersAreHalfOfWhatIsNewAndCountBySquares() {
    let runs = Runs([(weight: 1, shows: .everything), (weight: 1, shows: .orders)])
    _ = runs.run(300)
    let shares = runs.run(1_500)
    // As 1 to a quarter, of the half that is shared out by what is new.
    #expect(isClose(shares, to: [0.25 + 0.5 * 0.8, 0.25 + 0.5 * 0.2], 0.02), "\(shares)")
  }

  @Test func whatIsNewOutsideOfActorsCountsOnlyWhereNoTasksMeetOnAnActor() {
    let meeting = Runs([(weight: 1, shows: .everything), (weight: 1, shows: .outsideOfActors)])
    _ = meeting.run(500)
    let few = meeting.run(1_500)
    #expect(isClose(few, to: [0.75, 0.25], 0.02), "\(few)")
    let apart = Runs([(weight: 1, shows: .everything), (weight: 1, shows: .onlyOutsideOfActors)])
    _ = apart.run(300)
    let more = apart.run(1_500)
    #expect(isClose(more, to: [0.65, 0.35], 0.02), "\(more)")
  }

  @Test func aStrategyThatShowsNothingAnyMoreIsSoonUsedLess() {
    let runs = Runs([(weight: 1, shows: .everything), (weight: 1, shows: .everything)])
    _ = runs.run(20)
    runs.showings[0] = .nothing
    let soon = runs.run(40)
    #expect(soon[0] >= 12 && soon[0] <= 17, "\(soon)")
    runs.showings[0] = .everything
    let again = runs.run(200)
    #expect(again[0] >= 80 && again[0] <= 98, "\(again)")
  }

  @Test func whereThereAreFewSchedulesOfManyWeightAloneCounts() {
    let (steady, fading) = (Runs(Portfolio(onlyRandom: true)), Runs(Portfolio(onlyRandom: true)))
    fading.showings[0] = .nothing
    #expect(steady.run(600) == fading.run(600))
    #expect(steady.used == fading.used)
    let (all, allButOne) = (Runs(), Runs())
    allButOne.showings[0] = .nothing
    #expect(all.run(600)[0] > allButOne.run(600)[0])
  }

  @Test func interleavingsAreCountedAsNewOnce() {
    let runs = Runs([(weight: 1, shows: .everything), (weight: 1, shows: .nothing)])
    _ = runs.run(100)
    let spent = runs.portfolio.spent
    #expect(spent[0].newInterleavings == spent[0].schedules)
    #expect(spent[1].newInterleavings == 1)
  }

  @Test func oneRunOfSixteenHasWholeSteps() {
    let runs = Runs([(weight: 1, shows: .everything)])
    _ = runs.run(2_000)
    #expect((95...155).contains(runs.wholeRuns), "\(runs.wholeRuns)")
  }

  /// The first runs, those of the search by delays left out.
  private func opening(_ count: Int) -> (ofWholeSteps: [String], whereThereArePoints: [String]) {
    let (whole, inside) = (Runs(), Runs())
    inside.cameToPoints = true
    _ = (whole.run(count), inside.run(count))
    return (whole.used, inside.used)
  }

  @Test func theOpeningSearchesByDelaysOnlyWhereNoStepCanBeInterrupted() {
    let (whole, inside) = opening(24)
    let others = whole.filter { $0 != "delayBounded" }
    #expect((4..<20).contains(others.count), "\(whole)")
    #expect(inside.prefix(others.count) == others.prefix(others.count), "\(inside)")
  }

  @Test func noOtherRunOfTheOpeningHasWholeSteps() {
    // Whatever the seeds: one of sixteen would be noticed.
    for first in 0..<20 as Range<UInt64> {
      let portfolio = Portfolio()
      for index in 0..<8 {
        portfolio.begin(RunStart(index: index, seed: first * 100 + UInt64(index)))
        #expect(portfolio.interruptsSteps == (portfolio.lastUsed != "delayBounded"))
        portfolio.end(RunRecord(ListedRun()))
      }
    }
  }

  @Test func thePoolIsNarrowMoreOftenWhereAStepHasBlockedForWhatNeedsAThread() {
    let ordinary = Runs([(weight: 1, shows: .nothing)])
    let starving = Runs([(weight: 1, shows: .nothing)])
    starving.couldStarve = true
    _ = (ordinary.run(60), starving.run(60))
    #expect((20...35).contains(starving.wholeRuns), "\(starving.wholeRuns)")
    #expect(starving.wholeRuns > 2 * ordinary.wholeRuns)
    // Nothing shows with two threads that would not with one, but for who blocks whom.
    #expect(starving.widths[1, default: 0] > starving.widths[2, default: 0])
    #expect(starving.widths[nil] == nil)
    // That does not go on for ever: what blocks may be as it should.
    let before = starving.wholeRuns
    _ = starving.run(2_000)
    #expect((80...280).contains(starving.wholeRuns - before), "\(starving.wholeRuns - before)")
  }
}
