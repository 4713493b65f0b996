import InterleaveEngine
import Testing

@testable import Interleave

@Suite struct ResolvedConfigurationTests {
  private func resolved(
    _ environment: [String: String] = [:], test: String = "Suite/test()",
    _ configure: (inout FuzzConfiguration) -> Void = { _ in }
  ) throws -> ResolvedConfiguration {
    var configuration = FuzzConfiguration()
    configure(&configuration)
    return try ResolvedConfiguration(
      configuration, test: test, environment: environment, freshSeed: { 77 })
  }

  private func message(
    _ environment: [String: String] = [:],
    _ configure: (inout FuzzConfiguration) -> Void = { _ in }
  ) -> String? {
    do {
      _ = try resolved(environment, configure)
      return nil
    } catch {
      return "\(error)"
    }
  }

  // MARK: Defaults

  @Test func theDefaultsAreThoseThatAreDocumented() throws {
    let resolved = try resolved()
    #expect(resolved.configuration.schedules == 1000)
    #expect(resolved.configuration.duration == nil)
    #expect(resolved.configuration.strategy.name == "portfolio")
    #expect(resolved.configuration.stepLimit == 100_000)
    #expect(resolved.configuration.checks == .all)
    #expect(resolved.configuration.time == .asRuntime(stall: .milliseconds(10)))
    #expect(resolved.configuration.mailboxes == .asRuntime)
    #expect(resolved.configuration.cancellation == .never)
    #expect(resolved.configuration.interruptions == .before)
    #expect(resolved.configuration.slowStepLimit == .seconds(2))
    #expect(resolved.configuration.corpus == .automatic)
    #expect(resolved.mode == .fuzz)
    #expect(resolved.reporting == .failures)
    #expect(!resolved.isCI)
    #expect(resolved.seed == 77)
  }

  @Test(arguments: EnvironmentVariable.allCases)
  func anEmptyVariableIsAsGoodAsNone(variable: EnvironmentVariable) throws {
    let resolved = try resolved([variable.rawValue: ""])
    #expect(resolved.configuration.schedules == 1000)
    #expect(resolved.seed == 77)
    #expect(resolved.configuration.corpus == .automatic)
  }

  // MARK: Names

  @Test(arguments: [
    ("INTERLEAVE_SEEDS", "did you mean INTERLEAVE_SEED?"),
    ("INTERLEAVE_SCHEDULE", "did you mean INTERLEAVE_SCHEDULES?"),
    ("INTERLEAVE_DURATOIN", "did you mean INTERLEAVE_DURATION?"),
    ("INTERLEAVE_MOD", "did you mean INTERLEAVE_MODE?"),
  ])
  func aMistypedVariableIsAnErrorThatNamesWhatWasMeant(name: String, advice: String) {
    #expect(message([name: "1"]) == "\(name) means nothing to Interleave: \(advice)")
  }

  @Test func aVariableLikeNoOtherIsAnErrorThatNamesAll() throws {
    let text = try #require(message(["INTERLEAVE_COLOURFULNESS": "1"]))
    #expect(text.hasPrefix("INTERLEAVE_COLOURFULNESS means nothing to Interleave: there are "))
    for variable in EnvironmentVariable.allCases { #expect(text.contains(variable.rawValue)) }
  }

  @Test func variablesOfOthersAreNoneOfOurBusiness() throws {
    #expect(try resolved(["INTERLEAVED_SEED": "x", "HOME": "/"]).seed == 77)
    #expect(try resolved(["INTERLEAVE_ORIGIN": "3600,1735689600"]).seed == 77)
  }

  @Test(arguments: [
    ("", "", 0), ("seed", "seed", 0), ("seed", "seeds", 1), ("seed", "need", 1),
    ("kitten", "sitting", 3), ("abc", "", 3), ("tpyo", "typo", 1),
  ])
  func aDistanceIsTheNumberOfEdits(first: String, second: String, distance: Int) {
    #expect(Misspelling.distance(from: first, to: second) == distance)
    #expect(Misspelling.distance(from: second, to: first) == distance)
  }

  // MARK: Each variable

  @Test func tasksAreCancelledOnDemand() throws {
    let resolved = try resolved(["INTERLEAVE_CANCELLATION": "anyTask"])
    #expect(resolved.configuration.cancellation == .anyTask)
    let other = { $0.cancellation = .anyTask } as (inout FuzzConfiguration) -> Void
    #expect(try self.resolved([:], other).configuration.cancellation == .anyTask)
    #expect(
      message(["INTERLEAVE_CANCELLATION": "all"])
        == "INTERLEAVE_CANCELLATION must be never or anyTask (was `all`)")
  }

  @Test func stepsAreInterruptedInsideOnDemand() throws {
    for mode in FuzzConfiguration.InterruptionMode.allCases {
      let resolved = try resolved(["INTERLEAVE_INTERRUPTIONS": mode.rawValue])
      #expect(resolved.configuration.interruptions == mode)
    }
    let other = { $0.interruptions = .before } as (inout FuzzConfiguration) -> Void
    #expect(try self.resolved([:], other).configuration.interruptions == .before)
    #expect(
      message(["INTERLEAVE_INTERRUPTIONS": "always"])
        == "INTERLEAVE_INTERRUPTIONS must be never or before or everywhere (was `always`)")
  }

  @Test func thePoolIsAsWideAsIsAskedFor() throws {
    #expect(try resolved([:]).configuration.poolWidth == .automatic)
    let widths: [String: FuzzConfiguration.PoolWidth] = [
      "automatic": .automatic, "unlimited": .unlimited, "3": 3,
    ]
    for (text, width) in widths {
      #expect(try resolved(["INTERLEAVE_POOL_WIDTH": text]).configuration.poolWidth == width)
    }
    #expect(
      message(["INTERLEAVE_POOL_WIDTH": "0"])
        == "INTERLEAVE_POOL_WIDTH must be automatic, unlimited or a whole number of at least 1 "
        + "(was `0`)")
  }

  @Test func aStepMustHaveSomeTime() {
    #expect(
      message([:], { $0.slowStepLimit = .zero })
        == "`slowStepLimit` must be more than zero (was 0.0 seconds)")
  }

  @Test func workersAreCounted() throws {
    #expect(try resolved().configuration.workers == 1)
    #expect(try resolved(["INTERLEAVE_WORKERS": "4"]).configuration.workers == 4)
    #expect(FuzzTrait.fuzzed(workers: 3).configuration.workers == 3)
    #expect(FuzzTrait.fuzzed(schedules: 9, workers: 2).configuration.workers == 2)
    #expect(message { $0.workers = 0 } == "`workers` must be at least 1 (was 0)")
    #expect(
      message(["INTERLEAVE_WORKERS": "two"])
        == "INTERLEAVE_WORKERS must be a whole number of at least 1 (was `two`)")
  }

  @Test func schedulesAreCounted() throws {
    #expect(try resolved(["INTERLEAVE_SCHEDULES": "12"]).configuration.schedules == 12)
  }

  @Test(arguments: ["0", "-1", "1e3", "many", "1 000", "99999999999999999999"])
  func schedulesMustBeAWholeNumber(text: String) {
    #expect(
      message(["INTERLEAVE_SCHEDULES": text])
        == "INTERLEAVE_SCHEDULES must be a whole number of at least 1 (was `\(text)`)")
  }

  @Test(arguments: [
    ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("1.5s", .milliseconds(1500)),
    ("5m", .seconds(300)), ("1h", .seconds(3600)),
  ]) func durationsHaveAUnit(text: String, duration: Duration) throws {
    let resolved = try resolved(["INTERLEAVE_DURATION": text])
    #expect(resolved.configuration.duration == duration)
    #expect(resolved.configuration.schedules == .max)
  }

  @Test func aDurationAndANumberOfSchedulesBothCount() throws {
    let resolved = try resolved(["INTERLEAVE_DURATION": "1s", "INTERLEAVE_SCHEDULES": "9"])
    #expect(resolved.configuration.duration == .seconds(1))
    #expect(resolved.configuration.schedules == 9)
  }

  @Test(arguments: [("risk<0.01", 0.01), ("risk<1", 1), ("risk<1e-3", 0.001)])
  func aRuleMayEndACampaignEarly(text: String, limit: Double) throws {
    let resolved = try resolved(["INTERLEAVE_UNTIL": text])
    #expect(resolved.configuration.until == .risk(below: limit))
    #expect(resolved.configuration.schedules == 1000)
  }

  @Test(arguments: ["0.01", "risk", "risk<", "risk<0", "risk<-1", "risk<2", "risk<nan", "risk>0.1"])
  func rulesThatCannotBeReadAreErrors(text: String) {
    #expect(
      message(["INTERLEAVE_UNTIL": text])
        == "INTERLEAVE_UNTIL must be `risk<` and a number above 0 and at most 1, such as risk<0.01 "
        + "(was `\(text)`)")
  }

  @Test(arguments: [0, -0.5, 1.5, .nan])
  func aRiskMustBeOneThatACampaignCanComeBelow(limit: Double) {
    #expect(
      message { $0.until = .risk(below: limit) }
        == "`until`: the risk must be above 0 and at most 1 (was \(limit))")
  }

  @Test func aCertificateMustNotBeNegative() {
    #expect(
      message { $0.certificate.runs = -1 } == "`certificate.runs` must be at least 0 (was -1)")
    #expect(
      message { $0.certificate.reversals = -1 }
        == "`certificate.reversals` must be at least 0 (was -1)")
  }

  @Test func aTraitTakesARule() {
    #expect(FuzzTrait.fuzzed(until: .risk(below: 0.1)).configuration.until == .risk(below: 0.1))
    let both = FuzzTrait.fuzzed(schedules: 7, until: .risk(below: 0.2)).configuration
    #expect(both.schedules == 7)
    #expect(both.until == .risk(below: 0.2))
  }

  @Test(arguments: ["10", "s", "-1s", "0s", "nans", "infs", "1d", "1e300h", "ms"])
  func durationsThatCannotBeReadAreErrors(text: String) {
    #expect(
      message(["INTERLEAVE_DURATION": text])
        == "INTERLEAVE_DURATION must be a number with a unit, such as 500ms, 30s, 5m or 1h "
        + "(was `\(text)`)")
  }

  @Test(arguments: [
    ("42", UInt64(42)), ("0x2A", 42), ("0X2a", 42), ("18446744073709551615", .max),
    ("0xFFFFFFFFFFFFFFFF", .max), ("0", 0),
  ]) func seedsAreDecimalOrHexadecimal(text: String, seed: UInt64) throws {
    #expect(try resolved(["INTERLEAVE_SEED": text]).seed == seed)
  }

  @Test func isolationIsOneOfThree() throws {
    #expect(
      try resolved(["INTERLEAVE_ISOLATION": "process"]).configuration.isolation == .process)
    #expect(try resolved([:]).configuration.isolation == .automatic)
    #expect(
      message(["INTERLEAVE_ISOLATION": "thread"])
        == "INTERLEAVE_ISOLATION must be automatic or process or none (was `thread`)")
  }

  @Test(arguments: ["-1", "2A", "0x", "1.0", "18446744073709551616", " 1"])
  func seedsThatCannotBeReadAreErrors(text: String) {
    #expect(
      message(["INTERLEAVE_SEED": text])
        == "INTERLEAVE_SEED must be a number, such as 42 or 0x2A (was `\(text)`)")
  }

  @Test func strategiesAreChosenByName() throws {
    for name in ["portfolio", "randomWalk", "pct", "pos", "urw", "surw", "depthFirst", "baseline"] {
      #expect(try resolved(["INTERLEAVE_STRATEGY": name]).configuration.strategy.name == name)
    }
    #expect(
      message(["INTERLEAVE_STRATEGY": "luck"])?.hasPrefix(
        "INTERLEAVE_STRATEGY must be one of portfolio, randomWalk, stratifiedWalk, pct") == true)
  }

  @Test func theCorpusIsAFolderOrNone() throws {
    #expect(try resolved(["INTERLEAVE_CORPUS": "none"]).configuration.corpus == .none)
    #expect(try resolved(["INTERLEAVE_CORPUS": "/tmp/x"]).configuration.corpus == .at("/tmp/x"))
  }

  @Test func theModeIsFuzzOrReplay() throws {
    #expect(try resolved(["INTERLEAVE_MODE": "fuzz"]).mode == .fuzz)
    #expect(try resolved(["INTERLEAVE_MODE": "replay"]).mode == .replay)
    #expect(
      message(["INTERLEAVE_MODE": "Replay"])
        == "INTERLEAVE_MODE must be fuzz or replay or minimize (was `Replay`)")
  }

  @Test func theReportIsOfFailuresOrAllOrGoesToAFolder() throws {
    #expect(try resolved(["INTERLEAVE_REPORT": "failures"]).reporting == .failures)
    #expect(try resolved(["INTERLEAVE_REPORT": "all"]).reporting == .all)
    #expect(try resolved(["INTERLEAVE_REPORT": "full"]).reporting == .full)
    #expect(try resolved(["INTERLEAVE_REPORT": "./all"]).reporting == .folder("./all"))
    #expect(
      message(["INTERLEAVE_REPORT": "html"])
        == "INTERLEAVE_REPORT must be failures, all, full or a folder with a slash in it, such as "
        + "./reports (was `html`)")
  }

  // MARK: Seeds

  @Test func theVariableGoesBeforeTheConfigurationAndThatBeforeAFreshSeed() throws {
    #expect(try resolved { $0.seed = 5 }.seed == 5)
    #expect(try resolved(["INTERLEAVE_SEED": "6"]) { $0.seed = 5 }.seed == 6)
    #expect(try resolved(["CI": "true"]) { $0.seed = 5 }.seed == 5)
  }

  @Test func onCITheSeedDependsOnTheTestsNameAlone() throws {
    let seeds = try ["a", "b", "a"].map { try resolved(["CI": "true"], test: $0).seed }
    #expect(seeds[0] == seeds[2])
    #expect(seeds[0] != seeds[1])
    #expect(try resolved(["CI": "false"]).seed == 77)
  }

  // MARK: Properties

  @Test func propertiesThatCannotBeUsedAreErrors() {
    #expect(message { $0.schedules = 0 } == "`schedules` must be at least 1 (was 0)")
    #expect(message { $0.stepLimit = -2 } == "`stepLimit` must be at least 1 (was -2)")
    #expect(message { $0.shrinking.runs = -1 } == "`shrinking.runs` must be at least 0 (was -1)")
    #expect(
      message { $0.duration = .zero }?.hasPrefix("`duration` must be more than zero") == true)
    #expect(
      message { $0.timeLimit = .zero }?.hasPrefix("`timeLimit` must be more than zero") == true)
    #expect(
      message { $0.foreignGrace = .seconds(-1) }?.hasPrefix("`foreignGrace` must not be negative")
        == true)
    #expect(
      message { $0.time = .asRuntime(stall: .seconds(-1)) }?.hasPrefix(
        "`time`: the stall must not be negative") == true)
  }

  @Test func theMachineWaitsForForeignThreadsAsIsConfigured() throws {
    #expect(MachineSettings(try resolved()).foreignGrace == 3_000_000_000)
    let longer = try resolved { $0.foreignGrace = .seconds(60) }
    #expect(MachineSettings(longer).foreignGrace == 60_000_000_000)
    let forEver = try resolved { $0.foreignGrace = .seconds(Int64.max) }
    #expect(MachineSettings(forEver).foreignGrace == .max)
  }

  @Test func aVariableMendsAPropertyThatCannotBeUsed() throws {
    let resolved = try resolved(["INTERLEAVE_SCHEDULES": "3"]) { $0.schedules = 0 }
    #expect(resolved.configuration.schedules == 3)
  }
}
