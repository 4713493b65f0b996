/// Takes turns among strategies, and more often among those that reach new things.
///
/// No strategy is best for every program, and most are blind to some kind of bug.
/// So each gets a guaranteed share of the runs. The rest goes to those whose recent
/// runs showed most that was new: interleavings that no run had before, and pairs
/// of steps that never followed each other on an executor. The choice depends on
/// the run's seed and on what earlier runs reached, so a campaign can be repeated.
public final class Portfolio: Strategy {
  /// One of the strategies: an object, so that looking at it copies nothing.
  private final class Member {
    let strategy: any Strategy
    /// It goes through the schedules of whole steps.
    let isSystematic: Bool
    /// The strategy, where it is a portfolio itself.
    let nested: Portfolio?
    /// How much of the guaranteed runs it gets.
    let weight: Double
    /// After how many runs it takes part.
    var entry = 0
    var share: StrategyShare
    /// What was new in its recent runs, each between 0 and 1, on average.
    var yield = 1.0
    /// Which of them are looked at for what was new.
    var attention = Attention(first: 32, period: 4, longest: 32)
    /// How far it is behind its share: who is furthest behind is next.
    var claim = 0.0
    /// What it is due of the next run, before that is divided among all.
    var due = 0.0

    init(_ strategy: any Strategy, name: String, weight: Double) {
      self.strategy = strategy
      isSystematic = strategy is any SystematicStrategy
      nested = strategy as? Portfolio
      self.weight = weight
      share = StrategyShare(name: name)
    }
  }

  /// The steps of a run on one executor.
  private struct Order {
    var executor: UInt64
    var hash: UInt64
    var last: UInt64
    var task: Int
    var isContended = false
  }

  /// Whose the first runs of the default portfolio are.
  ///
  /// Most strategies find what they are good at within their first few runs: what needs tasks to be
  /// equally far shows in lockstep, what needs one to be far ahead by priorities, and what one delay
  /// is enough for within a few of these. Where many tasks run the same code, the one that runs
  /// other code is met by walks by places.
  private static let opening =
    Array(repeating: "lockstep", count: 3) + ["pct", "lockstep"]
    + Array(repeating: "delayBounded", count: 9) + Array(repeating: "lockstep", count: 2)
    + Array(repeating: "stratifiedWalk", count: 6) + Array(repeating: "lockstep", count: 2)
  /// After so many runs ``Guided`` takes part.
  private static let guidedFrom = 24
  /// How much ``NearRuns`` gets where the others together get 1.
  private static let nearWeight = 0.25
  /// The part of all runs that is shared out by weight alone.
  private static let guaranteed = 0.5
  /// How much the last run counts in the average of what was new.
  private static let recency = 0.1
  /// A run that is as much above or below the average as this has something to tell.
  private static let surprise = 0.1
  /// The part of the runs after the opening in which no step is interrupted inside, and the pool may be
  /// narrow: what starves there shows nowhere else.
  private static let wholePart = 0.0625
  /// The part of such runs once a step has blocked for what had still to find a thread, and how much
  /// of that each of them leaves.
  private static let (starvingPart, starvingRest) = (0.5, 0.97)
  /// How many interleavings and pairs are told apart.
  private static let knownLimit = 1 << 17

  private let members: [Member]
  /// The same, not counted whenever one of them is looked at.
  private let borrowed: [Unmanaged<Member>]
  private let profile: TaskProfile?
  private var running: Member?
  /// The same, not counted at each choice: it is one of ``members``.
  private var chooser: Unmanaged<Member>?
  /// The run that goes on interrupts no step inside.
  private var runsWholeSteps = false
  /// How many threads the pool has in each of those runs, in turn: where no step blocks, that makes
  /// no difference to whole steps.
  private static let widths: [Int?] = [1, 2, 1, nil]
  private static let starvingWidths: [Int?] = [1, 1, 2]
  private var wholeRuns = 0
  /// How much is still to be expected of narrow pools; nil where no step has blocked like that.
  private var starving: Double?
  private var runs = 0
  /// Whose the first runs are, whatever others have a claim to, and how many of these were.
  private var opening: [Member] = []
  private var opened = 0
  /// Part of the runs is shared out by what was new in earlier ones.
  private var heedsYields = true
  /// A run has come to a point at which a step could have been interrupted inside.
  private var hasPoints = false
  public private(set) var poolWidth: Int?
  private let interleavings = AddressTable()
  private var knownInterleavings = 0
  /// Orders of steps on executors, and pairs of steps.
  private let seen = AddressTable()
  private var knownOrders = 0
  /// By number of executor in the run that is being looked at: where it is in `orders`; -1 for
  /// nowhere.
  private let places = Column<Int>()
  private let orders = Column<Order>()

  /// Makes the portfolio that is the default.
  public convenience init() {
    self.init(onlyRandom: false)
    // The opening and the weights were chosen so that `InterleaveBenchmarks find` needs few schedules
    // on the geometric mean over its programs, and none of them many more than another strategy.
    // The baseline with one delay is worth much, with many delays little.
    opening = Self.opening.compactMap { name in members.first { $0.share.name == name } }
  }

  /// Makes the default portfolio.
  ///
  /// - Parameter onlyRandom: For a few schedules of many: without the search by delays, which would
  ///   begin with the schedules that another portfolio's search has run, and by weight alone, since
  ///   it would be over before it knew who shows more that is new.
  package convenience init(onlyRandom: Bool) {
    let profile = TaskProfile()
    let surw = SURW(profile: profile, learns: false, repeatsOrders: false)
    let search: [(String, any Strategy, Double)] = [("delayBounded", DelayBounded(), 0.04)]
    self.init(
      [("stratifiedWalk", StratifiedWalk(), 1), ("surw", surw, 1.5), ("pos", POS(), 3)]
        + (onlyRandom ? [] : search)
        + [
          ("lockstep", Lockstep(), 2),
          ("randomWalk", RandomWalk(), 0.2), ("urw", URW(sharing: profile), 0.5),
          ("pct", PCT(), 0.3), ("guided", Guided(), 3),
        ], profile: profile, goesNear: true)
    heedsYields = !onlyRandom
    // It has nothing to go on from before, and what is found in a few runs needs no guidance.
    for member in members where member.strategy is Guided { member.entry = Self.guidedFrom }
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

  /// - Parameter goesNear: Where a program says what it should see sometimes, and seldom does, some
  ///   runs go on from there.
  init(
    _ strategies: [(name: String, strategy: any Strategy, weight: Double)], profile: TaskProfile?,
    goesNear: Bool = false
  ) {
    precondition(!strategies.isEmpty, "a portfolio needs at least one strategy")
    for (name, _, weight) in strategies {
      precondition(weight > 0, "the weight of \(name) must be above 0 (was \(weight))")
    }
    let sum = strategies.reduce(0) { $0 + $1.weight }
    self.profile = profile
    let own = strategies.map { name, strategy, weight in
      Member(strategy, name: name, weight: weight / sum)
    }
    members =
      goesNear ? own + [Member(NearRuns(), name: "near", weight: Self.nearWeight)] : own
    borrowed = members.map { .passUnretained($0) }
  }

  deinit {
    interleavings.deallocate()
    seen.deallocate()
    places.deallocate()
    orders.deallocate()
  }

  /// What each strategy was used for so far.
  public var spent: [StrategyShare] { members.map(\.share) }

  /// The name of the strategy that made the choices of the last run.
  public var lastUsed: String? { running?.share.name }

  /// The names of its strategies.
  package var names: [String] { members.map(\.share.name) }

  /// The index among ``names`` of the strategy that made the choices of the last run.
  package var lastMember: Int? { running.flatMap { last in members.firstIndex { $0 === last } } }

  /// The strategy that made the choices of the last run.
  var lastStrategy: (any Strategy)? { running?.strategy }

  /// That strategy draws schedules at random.
  var drewLastSchedule: Bool {
    guard let running else { return false }
    return running.nested?.drewLastSchedule ?? !running.isSystematic
  }

  /// One of the strategies has run all that it ever will, and that is everything.
  public var isExhausted: Bool {
    borrowed.allSatisfy { $0._withUnsafeGuaranteedRef { $0.strategy.isExhausted } }
  }

  public var interruptsSteps: Bool { !runsWholeSteps }

  public func begin(_ run: RunStart) {
    let first = nextOfOpening()
    let next = first ?? nextMember()
    runs += 1
    running = next
    chooser = .passUnretained(next)
    next.share.schedules += 1
    // A search goes through the schedules of whole steps; most of the other runs interrupt steps
    // where they can.
    var random = SplitMix64(seed: mix(run.seed, 7))
    let wholePart = first == nil ? Self.wholePart : 0
    runsWholeSteps =
      next.isSystematic
      || random.fraction() < max(wholePart, Self.starvingPart * (starving ?? 0))
    poolWidth = nil
    // What a search goes through must not change on the way.
    if runsWholeSteps, !next.isSystematic {
      let widths = starving == nil ? Self.widths : Self.starvingWidths
      poolWidth = widths[wholeRuns % widths.count]
      wholeRuns += 1
    }
    next.strategy.begin(run)
  }

  /// The next of the opening; nil once it is over.
  ///
  /// Where steps can be interrupted inside, most goes wrong there, and a search through schedules of
  /// whole steps can wait.
  private func nextOfOpening() -> Member? {
    while opened < opening.count {
      let next = opening[opened]
      opened += 1
      if !(hasPoints && next.isSystematic) { return next }
    }
    return nil
  }

  /// Adds to all claims what one more run entitles to, and serves the greatest.
  private func nextMember() -> Member {
    var weights = 0.0
    var yields = 0.0
    let runs = runs
    for member in borrowed {
      member._withUnsafeGuaranteedRef { member in
        // Whoever is due nothing does not compete.
        member.due = member.strategy.isExhausted || runs < member.entry ? 0 : member.weight
        guard member.due > 0 else { return }
        weights += member.due
        yields += member.due * member.yield * member.yield
      }
    }
    var chosen = 0
    var most = -Double.infinity
    for index in borrowed.indices {
      borrowed[index]._withUnsafeGuaranteedRef { member in
        guard member.due > 0 else { return }
        member.claim +=
          Self.guaranteed * member.due / weights
          + (1 - Self.guaranteed) * member.due * member.yield * member.yield / yields
        if member.claim > most {
          most = member.claim
          chosen = index
        }
      }
    }
    let next = members[chosen]
    next.claim -= 1
    return next
  }

  public func choose(among steps: EnabledSteps) -> Int {
    chooser?._withUnsafeGuaranteedRef { $0.strategy.choose(among: steps) } ?? 0
  }

  public func end(_ run: RunRecord) {
    let isNew = noteInterleaving(of: run)
    if runsWholeSteps { starving = starving.map { $0 * Self.starvingRest } }
    if run.cameToPoints { hasPoints = true }
    if run.couldStarve { starving = starving ?? 1 }
    if let running {
      running.share.newInterleavings += isNew ? 1 : 0
      if heedsYields, running.attention.isDue() {
        let gain = noteOrders(of: run)
        running.attention.note(isNew: abs(gain - running.yield) > Self.surprise)
        running.yield = max(0.01, running.yield * (1 - Self.recency) + gain * Self.recency)
      }
    }
    profile?.learn(from: run)
    for member in borrowed { member._withUnsafeGuaranteedRef { $0.strategy.end(run) } }
  }

  /// Tells whether an interleaving is new.
  private func noteInterleaving(of run: RunRecord) -> Bool {
    guard knownInterleavings < Self.knownLimit, interleavings.insert(UInt(run.signature)) else {
      return false
    }
    knownInterleavings += 1
    return true
  }

  /// Tells how much of what a run did on its executors had not been seen.
  ///
  /// - Returns: Between 0 and 1: half of it for the orders of steps, half for the
  ///   pairs of steps that follow each other. The global executor's order counts
  ///   only if no actor is contended.
  private func noteOrders(of run: RunRecord) -> Double {
    places.removeAll()
    orders.removeAll()
    var newPairs = 0
    var allPairs = 0
    run.forEachStep { _, step in
      let name = fold(step.taskName, UInt64(step.ordinal))
      while places.count <= step.executorNumber { places.append(-1) }
      let place = places.pointer(at: step.executorNumber)
      guard place.pointee >= 0 else {
        place.pointee = orders.count
        orders.append(
          Order(
            executor: step.executor, hash: fold(step.executor, name), last: name, task: step.task))
        return
      }
      let order = orders.pointer(at: place.pointee)
      if order.pointee.task != step.task {
        order.pointee.isContended = true
        allPairs += 1
        newPairs += insert(UInt(fold(fold(order.pointee.last, 6), name))) ? 1 : 0
      }
      order.pointee.hash = fold(order.pointee.hash, name)
      order.pointee.last = name
      order.pointee.task = step.task
    }
    let actors = orders.elements.contains { $0.isContended && $0.executor != 0 }
    var newOrders = 0
    var allOrders = 0
    for order in orders.elements where order.isContended && (order.executor != 0) == actors {
      allOrders += 1
      newOrders += insert(UInt(order.hash)) ? 1 : 0
    }
    return 0.5 * Double(newOrders) / Double(max(1, allOrders))
      + 0.5 * Double(newPairs) / Double(max(1, allPairs))
  }

  /// Notes a pair or an order, and tells whether it is new.
  private func insert(_ key: UInt) -> Bool {
    guard knownOrders < Self.knownLimit, seen.insert(key) else { return false }
    knownOrders += 1
    return true
  }
}
