/// The environment variables that override a configuration.
public enum EnvironmentVariable: String, Sendable, CaseIterable {
  /// The number of schedules: a whole number of at least 1.
  case schedules = "INTERLEAVE_SCHEDULES"
  /// The time limit of a campaign: a number with `ms`, `s`, `m` or `h`.
  case duration = "INTERLEAVE_DURATION"
  /// What ends a campaign early: `risk<` and a number above 0 and at most 1.
  case until = "INTERLEAVE_UNTIL"
  /// The seed: a decimal number, or a hexadecimal one after `0x`.
  case seed = "INTERLEAVE_SEED"
  /// The name of a strategy.
  case strategy = "INTERLEAVE_STRATEGY"
  /// Where steps are interrupted inside: `never`, `before` or `everywhere`.
  case interruptions = "INTERLEAVE_INTERRUPTIONS"
  /// How many threads the pool has: `automatic`, `unlimited`, or a whole number of at least 1.
  case poolWidth = "INTERLEAVE_POOL_WIDTH"
  /// `never`, or `anyTask` to cancel a task in most runs.
  case cancellation = "INTERLEAVE_CANCELLATION"
  /// The folder in which failures are kept; `none` for nowhere.
  case corpus = "INTERLEAVE_CORPUS"
  /// `fuzz`, `replay` to run nothing but what is in the corpus, or `minimize` to make what still fails
  /// of it smaller as well.
  case mode = "INTERLEAVE_MODE"
  /// The number of runs that may be spent on making a failure small: a whole number of at least 0.
  case shrinking = "INTERLEAVE_SHRINKING"
  /// `automatic`, `process` for runs in child processes alone, or `none` for a debugger.
  case isolation = "INTERLEAVE_ISOLATION"
  /// The number of processes that explore: a whole number of at least 1.
  case workers = "INTERLEAVE_WORKERS"
  /// The part of each campaign that this process runs: its number and how many there are, as `3/16`.
  case shard = "INTERLEAVE_SHARD"
  /// `failures`, or `all` for a few lines about each campaign that passes.
  case report = "INTERLEAVE_REPORT"
  /// The file, of the corpus, of the one entry that is replayed.
  case entry = "INTERLEAVE_ENTRY"
  /// A file to which a line of JSON is added for each campaign: see ``CampaignRecord``.
  case results = "INTERLEAVE_RESULTS"
  /// The folder in which a search for a proof is kept that does not come to its end.
  case searches = "INTERLEAVE_SEARCHES"
  /// The number of a step, as reports give it, before which SIGTRAP is raised for a debugger; `each`
  /// for all steps.
  case stopAt = "INTERLEAVE_STOP_AT"
}

/// A setting that cannot be used.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What must hold, and what was seen.
  public let description: String

  /// Makes an error that says what must hold, and what was seen.
  public init(_ description: String) {
    self.description = description.ascii
  }
}

/// A configuration with everything decided.
struct ResolvedConfiguration: Sendable {
  enum Mode: String, CaseIterable {
    case fuzz
    case replay
    /// As `replay`, and what still fails takes the place of its entry where it has become smaller.
    case minimize
  }

  /// What is told, and where.
  enum Reporting: Hashable {
    case failures
    /// And a few lines about each campaign that passes.
    case all
    /// Failures with all of their steps.
    case full
    /// Failures, whose pages go to a folder besides.
    case folder(String)
  }

  var configuration: FuzzConfiguration
  var seed: UInt64
  var mode = Mode.fuzz
  var reporting = Reporting.failures
  var isCI: Bool
  /// The corpus entry that is replayed alone.
  var entry: String?
  /// The file to which is added what the campaign came to.
  var results: String?
  /// The search for a proof that another process has left.
  var savedSearch: SavedSearch?
  /// The seed is one that nobody asked for.
  private(set) var hasFreshSeed = false
  /// Where runs are stopped for a debugger.
  var stop: StepToStopAt?
  /// The failure that is replayed in the place of the corpus.
  var replayed: CorpusEntry?

  /// Applies the environment to a configuration and checks the result.
  ///
  /// - Parameters:
  ///   - configuration: What the test asks for.
  ///   - test: The test's name, from which CI derives the seed.
  ///   - environment: The variables of the process.
  ///   - freshSeed: Draws a seed where none is given.
  /// - Throws: ``ConfigurationError`` naming the variable or property.
  init(
    _ configuration: FuzzConfiguration, test: String, environment: [String: String],
    freshSeed: () -> UInt64
  ) throws(ConfigurationError) {
    try EnvironmentVariable.checkNames(in: environment)
    let variables = Variables(environment)
    self.configuration = configuration
    self.isCI = CorpusPlan.isCI(environment)
    if let schedules = try variables.count(.schedules) {
      self.configuration.schedules = schedules
    }
    if let runs = try variables.value(
      .shrinking, "a whole number of at least 0", { Int($0).flatMap { $0 >= 0 ? $0 : nil } })
    {
      self.configuration.shrinking.runs = runs
    }
    if let workers = try variables.count(.workers) { self.configuration.workers = workers }
    if let duration = try variables.value(
      .duration, "a number with a unit, such as 500ms, 30s, 5m or 1h", Duration.init(setting:))
    {
      self.configuration.duration = duration
      if environment[EnvironmentVariable.schedules.rawValue] == nil {
        self.configuration.schedules = .max
      }
    }
    if let rule = try variables.value(
      .until, "`risk<` and a number above 0 and at most 1, such as risk<0.01",
      FuzzConfiguration.StopRule.init(setting:))
    {
      self.configuration.until = rule
    }
    let names = FuzzConfiguration.StrategyChoice.named.map(\.name)
    if let strategy = try variables.value(
      .strategy, "one of \(names.joined(separator: ", "))",
      { name in FuzzConfiguration.StrategyChoice.named.first { $0.name == name } })
    {
      self.configuration.strategy = strategy
    }
    if let interruptions = try variables.choice(
      .interruptions, FuzzConfiguration.InterruptionMode.self)
    {
      self.configuration.interruptions = interruptions
    }
    if let width = try variables.value(
      .poolWidth, "automatic, unlimited or a whole number of at least 1",
      FuzzConfiguration.PoolWidth.init(setting:))
    {
      self.configuration.poolWidth = width
    }
    if let cancellation = try variables.choice(
      .cancellation, FuzzConfiguration.CancellationMode.self)
    {
      self.configuration.cancellation = cancellation
    }
    if let corpus = environment[EnvironmentVariable.corpus.rawValue], !corpus.isEmpty {
      self.configuration.corpus = corpus == "none" ? .none : .at(corpus)
    }
    if let isolation = try variables.choice(.isolation, FuzzConfiguration.Isolation.self) {
      self.configuration.isolation = isolation
    }
    if let mode = try variables.choice(.mode, Mode.self) { self.mode = mode }
    if let reporting = try variables.reporting() { self.reporting = reporting }
    entry = variables.text(.entry)
    results = variables.text(.results)
    if let searches = variables.text(.searches) { self.configuration.searches = searches }
    let shard = try variables.value(
      .shard, "the number of a shard and how many there are, such as 3/16",
      CampaignShard.init(setting:))
    if let shard { self.configuration.shard = shard }
    stop = try variables.value(
      .stopAt, "the number of a step, or `each`", StepToStopAt.init(setting:))
    if let replaying = configuration.replaying {
      replayed = try ReplayString.decode(replaying)
      self.mode = .replay
      self.configuration.corpus = .none
    }
    let seed = try variables.value(.seed, "a number, such as 42 or 0x2A", UInt64.init(setting:))
    hasFreshSeed = seed == nil && configuration.seed == nil && !isCI
    self.seed =
      seed ?? configuration.seed ?? (isCI ? Self.seed(ofTest: test) : freshSeed())
    try checkProperties()
  }

  /// A seed that depends on nothing but the test's name.
  static func seed(ofTest name: String) -> UInt64 {
    name.utf8.reduce(UInt64(5)) { mix($0, UInt64($1)) }
  }

  private func checkProperties() throws(ConfigurationError) {
    try require("schedules", atLeast: 1, configuration.schedules)
    try require("workers", atLeast: 1, configuration.workers)
    try require("stepLimit", atLeast: 1, configuration.stepLimit)
    if case .threads(let width) = configuration.poolWidth {
      try require("poolWidth", atLeast: 1, width)
    }
    try require("shrinking.runs", atLeast: 0, configuration.shrinking.runs)
    try OrderPlan(configuration).validate()
    try require("certificate.runs", atLeast: 0, configuration.certificate.runs)
    try require("certificate.reversals", atLeast: 0, configuration.certificate.reversals)
    try require("stateDepth", atLeast: 0, configuration.stateDepth)
    if configuration.slowStepLimit <= .zero {
      throw ConfigurationError(
        "`slowStepLimit` must be more than zero (was \(configuration.slowStepLimit))")
    }
    if let duration = configuration.duration, duration <= .zero {
      throw ConfigurationError("`duration` must be more than zero (was \(duration))")
    }
    if configuration.shrinking.duration <= .zero {
      throw ConfigurationError(
        "`shrinking.duration` must be more than zero (was \(configuration.shrinking.duration))")
    }
    if let limit = configuration.timeLimit, limit <= .zero {
      throw ConfigurationError("`timeLimit` must be more than zero (was \(limit))")
    }
    if case .risk(let limit) = configuration.until, !FuzzConfiguration.StopRule.isUsable(limit) {
      throw ConfigurationError(
        "`until`: the risk must be above 0 and at most 1 (was \(limit))")
    }
    if configuration.hangLimit <= .zero {
      throw ConfigurationError(
        "`hangLimit` must be more than zero (was \(configuration.hangLimit))")
    }
    if configuration.foreignGrace < .zero {
      throw ConfigurationError(
        "`foreignGrace` must not be negative (was \(configuration.foreignGrace))")
    }
    if configuration.native.contains(where: \.name.isEmpty) {
      throw ConfigurationError("`native`: an executor, a queue or a module must have a name")
    }
    if case .asRuntime(let stall) = configuration.time, stall < .zero {
      throw ConfigurationError("`time`: the stall must not be negative (was \(stall))")
    }
  }

  private func require(
    _ name: String, atLeast minimum: Int, _ value: Int
  ) throws(ConfigurationError) {
    guard value >= minimum else {
      throw ConfigurationError("`\(name)` must be at least \(minimum) (was \(value))")
    }
  }
}

/// Reads variables, and says which one cannot be read.
private struct Variables {
  let environment: [String: String]

  init(_ environment: [String: String]) {
    self.environment = environment
  }

  func value<Value>(
    _ variable: EnvironmentVariable, _ expected: String, _ read: (String) -> Value?
  ) throws(ConfigurationError) -> Value? {
    guard let text = environment[variable.rawValue], !text.isEmpty else { return nil }
    guard let value = read(text) else {
      throw ConfigurationError("\(variable.rawValue) must be \(expected) (was `\(text)`)")
    }
    return value
  }

  func text(_ variable: EnvironmentVariable) -> String? {
    environment[variable.rawValue].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// How many there are to be of something.
  func count(_ variable: EnvironmentVariable) throws(ConfigurationError) -> Int? {
    try value(variable, "a whole number of at least 1", { Int($0).flatMap { $0 >= 1 ? $0 : nil } })
  }

  /// What is told, and where: a folder has a slash.
  func reporting() throws(ConfigurationError) -> ResolvedConfiguration.Reporting? {
    try value(.report, "failures, all, full or a folder with a slash in it, such as ./reports") {
      switch $0 {
      case "failures": .failures
      case "all": .all
      case "full": .full
      case let path: path.contains("/") ? .folder(path) : nil
      }
    }
  }

  func choice<Value: RawRepresentable & CaseIterable>(
    _ variable: EnvironmentVariable, _ type: Value.Type
  ) throws(ConfigurationError) -> Value? where Value.RawValue == String {
    let names = type.allCases.map(\.rawValue).joined(separator: " or ")
    return try value(variable, names, Value.init(rawValue:))
  }
}

extension UInt64 {
  /// Reads a number as a setting gives it: decimal, or hexadecimal after `0x`.
  fileprivate init?(setting text: String) {
    if text.lowercased().hasPrefix("0x") {
      self.init(text.dropFirst(2), radix: 16)
    } else {
      self.init(text)
    }
  }
}

extension FuzzConfiguration.PoolWidth {
  /// Reads a width as a setting gives it.
  fileprivate init?(setting text: String) {
    switch text {
    case "automatic": self = .automatic
    case "unlimited": self = .unlimited
    default:
      guard let width = Int(text), width >= 1 else { return nil }
      self = .threads(width)
    }
  }
}

extension Duration {
  /// Reads a duration as a setting gives it, for example `1.5s`.
  fileprivate init?(setting text: String) {
    let units: [(String, Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)]
    for (unit, seconds) in units where text.hasSuffix(unit) {
      guard let number = Double(text.dropLast(unit.count)), number > 0, number < 1e9 else {
        continue
      }
      self = .seconds(number * seconds)
      return
    }
    return nil
  }
}
