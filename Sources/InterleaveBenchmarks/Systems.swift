import Examples
import Foundation
import Interleave

/// Finds and shrinks each race of the systems from 20 seeds, runs the mended systems for 10,000
/// schedules under each of five rules, replays the corpus, and times a busy chat.
///
/// - Parameter system: The system to look at, with the report on each of its races; nil for all
///   systems, without reports.
/// - Returns: Every seed found every race, no mended system failed, the chat was quick enough, and
///   the corpus fails as it should.
func measureSystems(only system: String? = nil) async -> Bool {
  var isGood = true
  let all = SystemRace.all.filter { system == nil || $0.system == system }
  var races = MarkdownTable(
    "race", "found of 20", "schedules: mean, worst", "tasks", "steps", "preemptions", "operations")
  for race in all {
    let failures = await findRace(race)
    if system != nil, let failure = failures.first { print("\(failure.terminalText)\n") }
    isGood = isGood && failures.count == 20
    guard !failures.isEmpty else {
      races.add(race.name, "0", "", "", "", "", "")
      continue
    }
    let tried = Sample(failures.map { Double($0.schedulesTried) })
    let sizes = failures.map { SystemRace.Size($0) }
    func words(_ part: (SystemRace.Size) -> Int) -> String {
      let sample = Sample(sizes.map { Double(part($0)) })
      return "\(sample.median.fixed(0)), \(sample.most.fixed(0))"
    }
    races.add(
      race.name, "\(failures.count)", "\(tried.mean.fixed(1)), \(tried.most.fixed(0))",
      words(\.tasks), words(\.steps), words(\.preemptions), words(\.operations))
  }
  print("20 seeds; sizes after shrinking: median, worst\n\n\(races)\n")
  isGood = await checkMended(all) && isGood
  if all.contains(where: { $0.system == "chat" }) { isGood = await timeChat() && isGood }
  return await replayCorpus(all) && isGood
}

/// Looks for a race with 20 seeds.
private func findRace(_ race: SystemRace) async -> [FuzzFailure] {
  var failures: [FuzzFailure] = []
  for seed in UInt64(0)..<20 {
    if let failure = await race.inRacySystem(fuzzer(schedules: 1_000, seed: seed)).failure {
      failures.append(failure)
    }
  }
  return failures
}

/// Runs the mended systems, under the rules of the runtime and under harder ones, and prints how
/// many schedules each passes.
///
/// - Returns: They keep their rules.
private func checkMended(_ races: [SystemRace]) async -> Bool {
  var table = MarkdownTable(
    "race, mended", "as the runtime", "timers at any time", "mailboxes in any order",
    "anyone gives up", "anyone gives up, timers at any time")
  var failures: [String] = []
  for race in races {
    let asRuntime = fuzzer(schedules: 10_000, seed: 1)
    var adversarial = asRuntime
    adversarial.configuration.time = .adversarial
    var unordered = asRuntime
    unordered.configuration.mailboxes = .unordered
    func words(_ outcome: FuzzOutcome) -> String {
      let report = outcome.report
      guard let failure = outcome.failure else {
        return report.schedules.grouped + (report.isExhaustive ? ", a proof" : "")
      }
      failures.append("\(race.name), mended:\n\(failure.terminalText)")
      return "FAILED"
    }
    table.add(
      race.name, words(await race.inMendedSystem(asRuntime)),
      words(await race.inMendedSystem(adversarial)), words(await race.inMendedSystem(unordered)),
      words(await race.inForsakenSystem(asRuntime)),
      words(await race.inForsakenSystem(adversarial)))
  }
  print("schedules that the mended systems pass\n\n\(table)\n")
  for failure in failures { print("\(failure)\n") }
  return failures.isEmpty
}

/// Replays what the corpus keeps of each race, and names what does not fail.
///
/// The entries are those of debug builds. The optimizer merges steps and puts functions into one
/// another, so they were chosen among those that mean the same in release.
///
/// - Returns: Each race has an entry, and they all fail.
private func replayCorpus(_ races: [SystemRace]) async -> Bool {
  let began = ContinuousClock.now
  var isGood = true
  for race in races {
    var fuzzer = fuzzer(schedules: 1, seed: 1)
    fuzzer.configuration.corpus = .automatic
    let outcome = await race.inRacySystem(fuzzer)
    for warning in outcome.report.warnings { print(warning) }
    if outcome.report.replayed == 0 { print("the corpus has no entry of \(race.name)") }
    let fails = outcome.failure != nil && outcome.report.schedules == 0
    if !fails { print("the corpus entry of \(race.name) does not fail") }
    isGood = isGood && fails && outcome.report.repaired == []
  }
  let time = (ContinuousClock.now - began) / .milliseconds(1)
  print("\ncorpus: \(races.count) races replayed in \(time.fixed(0)) ms")
  return isGood
}

/// Times one schedule of a chat with 150 users and 1,000 messages.
///
/// - Returns: Nothing failed, and a schedule takes less than 50 ms.
func timeChat() async -> Bool {
  let began = processorTime()
  let outcome = await fuzzer(schedules: 100, seed: 1).run(named: "chat load") {
    try await ChatLoad.run(users: 150, messages: 1_000)
  }
  if let failure = outcome.failure { print("chat load: \(failure.terminalText)") }
  let schedules = outcome.report.schedules
  let time = (processorTime() - began) * 1_000 / Double(schedules)
  let elapsed = outcome.report.elapsed / .milliseconds(1) / Double(schedules)
  print(
    "chat, 150 users, 1,000 messages: \(time.fixed(1)) ms of processor time a schedule "
      + "(\(elapsed.fixed(1)) ms elapsed), \((outcome.report.steps / schedules).grouped) steps")
  return outcome.failure == nil && time < 50
}

private func fuzzer(schedules: Int, seed: UInt64) -> Fuzzer {
  var configuration = FuzzConfiguration()
  configuration.schedules = schedules
  configuration.seed = seed
  configuration.corpus = .none
  return Fuzzer(configuration)
}
