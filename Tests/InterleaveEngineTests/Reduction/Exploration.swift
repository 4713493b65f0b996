import InterleaveEngine

/// What a search of all interleavings of a program came to.
struct Exploration: Sendable {
  /// How many runs came to their end, and how many were cut short.
  var completed = 0
  var blocked = 0
  var isExhausted = false
  var limits: ReductionLimits = []
  var interleavings = 0
  /// What was taken for a whole is none.
  var isDivided = false
  /// What was seen in the runs of each interleaving, by the interleaving's hash.
  var seen: [UInt64: Set<[String: [String]]>] = [:]

  var observations: Set<[String: [String]]> { seen.values.reduce(into: []) { $0.formUnion($1) } }

  /// Runs everything that a program can do, without any reduction.
  ///
  /// An oracle: it shares no code with the reduction but the hash.
  static func bruteForce(
    _ machine: Machine, limit: Int, _ body: @escaping @Sendable (Notes) async -> Void
  ) -> Exploration {
    let search = BoundedSearch(maxPreemptions: 200)
    var result = Exploration()
    while result.completed < limit, search.advance() {
      result.run(machine, search, body)
      result.completed += 1
    }
    result.isExhausted = search.isExhausted
    return result
  }

  /// The outcomes of all schedules, one after another; nil where there are more than the limit.
  ///
  /// An oracle that knows of no signature and of nothing that steps touch.
  static func outcomes(
    _ machine: Machine, limit: Int, _ body: @escaping @Sendable (Notes) async -> Void
  ) -> Set<[String: [String]]>? {
    let search = DepthFirst()
    var outcomes: Set<[String: [String]]> = []
    var runs = 0
    while !search.isExhausted, !search.hasDiverged {
      guard runs < limit else { return nil }
      runs += 1
      let notes = Notes()
      _ = machine.run(search, RunStart(index: 0, seed: 0)) { Task { await body(notes) } }
      outcomes.insert(notes.lines)
      machine.finish()
    }
    return search.hasDiverged ? nil : outcomes
  }

  /// Runs one schedule of each interleaving.
  static func reduced(
    _ machine: Machine, limit: Int = .max, grain: Reduction.Grain = .steps,
    _ body: @escaping @Sendable (Notes) async -> Void
  ) -> Exploration {
    let search = Reduction(grain: grain)
    var result = Exploration()
    var runs = 0
    while runs < limit, search.advance() {
      runs += 1
      result.run(machine, search, body) { search.learn(from: machine) }
    }
    result.completed = search.completed
    result.blocked = search.blocked
    result.isExhausted = search.isExhausted
    result.limits = search.limits
    result.interleavings = search.interleavings
    result.isDivided = search.dividedStep != nil
    return result
  }

  private mutating func run(
    _ machine: Machine, _ strategy: some Strategy,
    _ body: @escaping @Sendable (Notes) async -> Void, learn: () -> Void = {}
  ) {
    let notes = Notes()
    _ = machine.run(strategy, RunStart(index: 0, seed: 0)) { Task { await body(notes) } }
    learn()
    seen[machine.signature, default: []].insert(notes.lines)
    machine.finish()
  }
}
