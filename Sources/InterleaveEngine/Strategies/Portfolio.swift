/// Takes turns among strategies, and more often among those that reach new things.
///
/// No strategy is best for every program, and most are blind to some kind of bug.
/// So each gets a guaranteed share of the runs. The rest goes to those whose recent
/// runs showed most that was new: interleavings that no run had before, and pairs
/// of steps that never followed each other on an executor. The choice depends on
/// the run's seed and on what earlier runs reached, so a campaign can be repeated.
public final class Portfolio: Strategy {
  /// What one strategy of a portfolio was used for.
  public struct Share: Sendable, Hashable {
    /// The strategy's name, as configurations know it.
    public var name: String
    /// How many schedules it chose.
    public var schedules: Int
    /// How many of them were interleavings that no earlier run had.
    public var newInterleavings: Int

    public init(name: String, schedules: Int, newInterleavings: Int) {
      self.name = name
      self.schedules = schedules
      self.newInterleavings = newInterleavings
    }
  }

  private struct Member {
    var name: String
    var strategy: any Strategy
    /// How much of the guaranteed runs it gets.
    var weight: Double
    var share: Share
    /// What was new in its recent runs, each between 0 and 1, on average.
    var yield = 1.0
  }

  /// The part of all runs that is shared out by weight alone.
  private static let guaranteed = 0.7
  /// How much the last run counts in the average of what was new.
  private static let recency = 0.1
  /// How many interleavings and pairs are told apart.
  private static let knownLimit = 1 << 20

  private var members: [Member]
  private let profile: TaskProfile?
  private var running: Int?
  private let interleavings = AddressTable()
  private var interleavingCount = 0
  private let pairs = AddressTable()
  private var pairCount = 0
  /// Which step ran last on each executor, in the run that is being looked at.
  private let lastSteps = AddressTable()

  /// Makes the portfolio that is the default.
  public convenience init() {
    let profile = TaskProfile()
    self.init(
      [
        ("randomWalk", RandomWalk(), 1), ("stratifiedWalk", StratifiedWalk(), 1),
        ("pct", PCT(), 1), ("pos", POS(), 1), ("urw", URW(sharing: profile), 1),
        (
          "surw", SURW(profile: profile, learns: false, repeatsOrders: false), 1
        ), ("delayBounded", DelayBounded(), 0.5),
      ], profile: profile)
  }

  /// Makes a portfolio of one's own.
  ///
  /// - Parameter strategies: At least one, each with the name that reports call it
  ///   by and its weight among the guaranteed runs, above 0.
  public convenience init(
    of strategies: [(name: String, strategy: any Strategy, weight: Double)]
  ) {
    self.init(strategies, profile: nil)
  }

  init(
    _ strategies: [(name: String, strategy: any Strategy, weight: Double)], profile: TaskProfile?
  ) {
    precondition(!strategies.isEmpty, "a portfolio needs at least one strategy")
    for (name, _, weight) in strategies {
      precondition(weight > 0, "the weight of \(name) must be above 0 (was \(weight))")
    }
    let sum = strategies.reduce(0) { $0 + $1.weight }
    self.profile = profile
    members = strategies.map { name, strategy, weight in
      Member(
        name: name, strategy: strategy, weight: weight / sum,
        share: Share(name: name, schedules: 0, newInterleavings: 0))
    }
  }

  deinit {
    interleavings.deallocate()
    pairs.deallocate()
    lastSteps.deallocate()
  }

  /// What each strategy was used for so far.
  public var spent: [Share] { members.map(\.share) }

  /// The name of the strategy that made the choices of the last run.
  public var lastUsed: String? { running.map { members[$0].name } }

  /// One of the strategies has run all that it ever will, and that is everything.
  public var isExhausted: Bool { members.allSatisfy(\.strategy.isExhausted) }

  public func begin(_ run: RunStart) {
    var random = SplitMix64(seed: SplitMix64.seed(run.seed, stream: 0x506F_7274))
    let drawn = draw(random.fraction())
    running = drawn
    members[drawn].share.schedules += 1
    members[drawn].strategy.begin(run)
  }

  /// The member on which a number in 0..<1 falls.
  private func draw(_ number: Double) -> Int {
    var weights = 0.0
    var yields = 0.0
    var last = 0
    for (index, member) in members.enumerated() where !member.strategy.isExhausted {
      weights += member.weight
      yields += member.weight * member.yield
      last = index
    }
    var rest = number
    for (index, member) in members.enumerated() where !member.strategy.isExhausted {
      rest -= Self.guaranteed * member.weight / weights
      rest -= (1 - Self.guaranteed) * member.weight * member.yield / yields
      if rest < 0 { return index }
    }
    return last
  }

  public func choose(among steps: EnabledSteps) -> Int {
    guard let running else { return 0 }
    return members[running].strategy.choose(among: steps)
  }

  public func end(_ run: RunRecord) {
    let news = novelty(of: run)
    if let running {
      members[running].share.newInterleavings += news.isNewInterleaving ? 1 : 0
      let gain = (news.isNewInterleaving ? 0.5 : 0) + 0.5 * news.newPairs
      members[running].yield = max(
        0.01, members[running].yield * (1 - Self.recency) + gain * Self.recency)
    }
    profile?.learn(from: run)
    for member in members { member.strategy.end(run) }
  }

  /// What a run showed that none had before.
  ///
  /// - Returns: Whether the interleaving is new, and which part of the pairs is.
  private func novelty(of run: RunRecord) -> (isNewInterleaving: Bool, newPairs: Double) {
    var isNew = false
    let signature = UInt(run.signature)
    if interleavingCount < Self.knownLimit, interleavings[signature] == nil {
      interleavings.set(signature, to: 1)
      interleavingCount += 1
      isNew = true
    }
    lastSteps.removeAll()
    var new = 0
    for index in 0..<run.stepCount where pairCount < Self.knownLimit {
      let step = run.step(at: index)
      let executor = UInt(mix(step.executor, 0))
      if let last = lastSteps[executor] {
        let before = run.step(at: last)
        let pair = UInt(
          mix(
            mix(run.task(before.taskNumber).name, UInt64(before.ordinal)),
            run.task(step.taskNumber).name &+ UInt64(step.ordinal)))
        if pairs[pair] == nil {
          pairs.set(pair, to: 1)
          pairCount += 1
          new += 1
        }
      }
      lastSteps.set(executor, to: index)
    }
    return (isNew, run.stepCount == 0 ? 0 : min(1, Double(new) / Double(run.stepCount)))
  }
}
