import InterleaveEngine
import Testing

@testable import Interleave

/// Where schedules are cut into shares, and what a worker tells of one.
struct ShareTests {
  @Test func sharesFollowOneAnotherWithoutGaps() {
    var next = 0
    for number in 0..<100 {
      let range = ShareCut.range(of: number)
      #expect(range.lowerBound == next)
      #expect(range.count.isMultiple(of: ResolvedConfiguration.schedulesPerDraw))
      next = range.upperBound
    }
  }

  @Test(arguments: [1, 2, 63, 64, 65, 191, 192, 193, 1_000, 10_000, Int.max])
  func thereAreAsManySharesAsSchedulesNeed(schedules: Int) {
    let count = ShareCut.shares(for: schedules)
    #expect(ShareCut.range(of: count - 1).lowerBound < schedules)
    #expect(ShareCut.range(of: count - 1).lowerBound >= schedules - ShareCut.later)
  }

  @Test func aLogIsReadAsItWasWritten() {
    let log = ShareLog(of: 7)
    let note = RunNote(
      signature: 5, draws: 6, steps: 7, choices: 8, place: 2, limits: [.timers], isDrawn: true,
      isCancelled: false, isGenerated: true)
    log.add(note)
    log.add(note)
    log.add(remarks: [1, 2, 3])
    log.fail([9], wasStopped: true)
    let copy = ShareLog(log.bytes)
    #expect(copy.number == 7)
    #expect(copy.isLast)
    #expect(copy.wasStopped)
    #expect(copy.failure == [9])
    let first = copy.next()
    #expect(first.note.signature == 5)
    #expect(first.note.limits == [.timers])
    #expect(first.remarks == nil)
    #expect(!copy.isOver)
    #expect(copy.next().remarks?.bytes == [1, 2, 3])
    #expect(copy.isOver)
  }

  @Test func aLaterPortfolioBeginsWithoutTheSearchByDelays() {
    let choice = FuzzConfiguration.StrategyChoice.portfolio
    let first = Share(0, of: choice)
    let names = Share.names(of: first.strategy, choice)
    #expect(names.contains("delayBounded"))
    let second = Share(1, of: choice, names: names)
    #expect(Share.names(of: second.strategy, choice) == names.filter { $0 != "delayBounded" })
    #expect(second.range == 64..<192)
  }

  @Test func whatOneStrategyMustChooseIsOneShare() {
    for choice: FuzzConfiguration.StrategyChoice in [
      .depthFirst, .delayBounded, .preemptionBounded, .reduction, .baseline,
      .custom("mine") { RandomWalk() },
    ] {
      #expect(Share(0, of: choice).range == 0..<Int.max, "\(choice.name)")
    }
  }

  @Test func workersThatHaveNothingToDoSaySo() {
    var configuration = FuzzConfiguration()
    configuration.isolation = .none
    #expect(Workers.obstacle(in: configuration) == nil)
    configuration.workers = 4
    #expect(Workers.obstacle(in: configuration)?.hasPrefix("`workers: 4` made no diff") == true)
    configuration.isolation = .process
    #expect(Workers.obstacle(in: configuration) == nil)
  }
}
