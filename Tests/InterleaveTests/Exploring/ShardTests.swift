import InterleaveBugs
import InterleaveEngine
import Testing

@testable import Interleave

/// Several processes, each with its part of a campaign, come to what one comes to alone.
@Suite(.enabled(if: !fixturesAreEnabled)) struct ShardTests {
  private func shards(_ count: Int) -> [CampaignShard] {
    (1...count).map { CampaignShard(number: $0, count: count) }
  }

  // MARK: Which shares are whose

  @Test(arguments: [1, 2, 3, 16]) func eachShareIsOneShards(count: Int) {
    for all in 1...40 {
      let own = shards(count).flatMap { shard in
        ((shard.isFirst ? 0 : 1)..<shard.shares(of: all)).map { shard.share(at: $0) }
      }
      #expect(own.sorted() == Array(0..<all), "\(all) shares")
    }
  }

  @Test(arguments: ["3/16", "1/1", "16/16"]) func isReadFromASetting(text: String) {
    let shard = CampaignShard(setting: text)
    #expect(shard.map { "\($0.number)/\($0.count)" } == text)
  }

  @Test(arguments: ["0/4", "5/4", "4", "-1/4", "1/0", "1/2/3", "a/b", "1/", ""])
  func otherSettingsAreRefused(text: String) {
    #expect(CampaignShard(setting: text) == nil)
  }

  @Test func aSettingThatCannotBeReadIsAnErrorThatNamesIt() {
    let error = #expect(throws: ConfigurationError.self) {
      try ResolvedConfiguration(
        FuzzConfiguration(), test: "t", environment: ["INTERLEAVE_SHARD": "17/16"],
        freshSeed: { 1 })
    }
    #expect(error?.description.contains("INTERLEAVE_SHARD") == true)
    #expect(error?.description.contains("3/16") == true)
  }

  // MARK: What they run

  /// Notes the seed of each schedule that is run, which no other schedule has.
  private final class Noting: Strategy {
    private let note: (RunStart) -> Void
    private let walk = RandomWalk()

    init(_ note: @escaping (RunStart) -> Void) { self.note = note }

    func begin(_ run: RunStart) {
      note(run)
      walk.begin(run)
    }
    func choose(among steps: EnabledSteps) -> Int { walk.choose(among: steps) }
  }

  private func schedules(
    of shard: CampaignShard, among schedules: Int
  ) async -> (seeds: [UInt64], report: FuzzReport) {
    let seen = SeenSeeds()
    let make: @Sendable () -> any Strategy = { Noting { seen.seeds.append($0.seed) } }
    var configuration = configuration(shard, schedules: schedules)
    configuration.strategy = FuzzConfiguration.StrategyChoice(
      name: "noting", make: make, makeLater: make)
    let outcome = await Fuzzer(configuration).run(named: "shard") { await threeCome() }
    #expect(outcome.failure == nil, "\(shard)")
    return (seen.seeds, outcome.report)
  }

  private func configuration(_ shard: CampaignShard, schedules: Int) -> FuzzConfiguration {
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.corpus = .none
    configuration.schedules = schedules
    configuration.strategy = .randomWalk
    configuration.shard = shard
    return configuration
  }

  @Test(arguments: [2, 5, 16]) func togetherTheyRunWhatOneRunsAndNoneTwice(count: Int) async {
    let alone = await schedules(of: .whole, among: 1_000)
    var seeds: [UInt64] = []
    var counted = 0
    for shard in shards(count) {
      let own = await schedules(of: shard, among: 1_000)
      seeds += own.seeds
      counted += own.report.schedules
    }
    #expect(alone.report.schedules == 1_000)
    #expect(counted == 1_000)
    #expect(seeds.sorted() == alone.seeds.sorted())
  }

  @Test func theReportsOfThePartsAddUp() async {
    func report(_ shard: CampaignShard) async -> FuzzReport {
      await Fuzzer(configuration(shard, schedules: 1_000))
        .run(named: "shard") { await threeCome() }.report
    }
    let whole = await report(.whole)
    var steps = 0
    var choices = 0
    for shard in shards(4) {
      let part = await report(shard)
      steps += part.steps
      choices += part.choices
    }
    #expect(steps == whole.steps)
    #expect(choices == whole.choices)
  }

  @Test(arguments: [1, 2]) func aFailureIsToldAsOneProcessTellsIt(workers: Int) async throws {
    func failure(_ shard: CampaignShard) async -> FuzzFailure? {
      var configuration = configuration(shard, schedules: 3_000)
      configuration.workers = workers
      return await Fuzzer(configuration).run(named: "rare") {
        if await isRare() { throw Rare() }
      }.failure
    }
    let alone = try #require(await failure(.whole))
    #expect(alone.schedulesTried > ShareCut.first, "it is in a later share")
    var found: [FuzzFailure] = []
    for shard in shards(4) {
      if let failure = await failure(shard) { found.append(failure) }
    }
    let first = try #require(found.min { $0.schedulesTried < $1.schedulesTried })
    #expect(first.schedulesTried == alone.schedulesTried)
    #expect(first.interleaving == alone.interleaving)
    #expect(first.original == alone.original)
    #expect(first.message == alone.message)
  }

  @Test func aShardWithNothingToRunPasses() async {
    let part = await schedules(of: CampaignShard(number: 3, count: 16), among: 64)
    #expect(part.report.schedules == 0)
    #expect(part.report.ending == .schedules)
  }

  @Test func aStrategyThatCannotBeCutIsTheFirstShards() async {
    var second = configuration(CampaignShard(number: 2, count: 4), schedules: 1_000)
    second.strategy = .depthFirst
    let report = await Fuzzer(second).run(named: "shard") { await threeCome() }.report
    #expect(report.schedules == 0)
    #expect(report.warnings.contains { $0.contains("the first shard runs them") })
    second.shard = CampaignShard(number: 1, count: 4)
    let first = await Fuzzer(second).run(named: "shard") { await threeCome() }.report
    #expect(first.schedules > 1)
    #expect(first.warnings.allSatisfy { !$0.contains("shard") })
  }
}

private final class SeenSeeds: @unchecked Sendable {
  var seeds: [UInt64] = []
}

private actor Visits {
  private(set) var names: [Int] = []

  func come(_ name: Int) { names.append(name) }
}

private func threeCome() async {
  let visits = Visits()
  await withTaskGroup(of: Void.self) { group in
    for name in 0..<3 { group.addTask { await visits.come(name) } }
  }
}

private struct Rare: Error {}

private func isRare() async -> Bool {
  let (first, second) = (Visits(), Visits())
  await withTaskGroup(of: Void.self) { group in
    for name in 0..<5 { group.addTask { await first.come(name) } }
    for name in 0..<4 { group.addTask { await second.come(name) } }
  }
  let (some, others) = (await first.names, await second.names)
  return some.starts(with: [4, 2, 3]) && others.starts(with: [3, 1])
}
