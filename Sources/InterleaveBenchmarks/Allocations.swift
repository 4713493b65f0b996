import CAllocations

/// Counts what steps ask of the heap, once all has the size that runs need.
///
/// - Returns: Choosing and running a step asks for nothing; only a search for a proof does.
func measureAllocations() async throws -> Bool {
  guard al_watch() else {
    print("allocations cannot be counted on this platform")
    return true
  }
  var table = MarkdownTable(
    "how", "withdrawals per task", "steps/run", "allocations/run", "beside the program's, per step")
  var isGood = true
  let native = try await Allocations.pair(.native)
  for way in Withdrawals.Way.allCases {
    let pair = way == .native ? native : try await Allocations.pair(way)
    let perStep = way == .native ? 0 : pair.perStep(beside: native)
    if way != .fuzzer { isGood = isGood && perStep < 0.005 }
    for (each, measured) in [(Allocations.few, pair.few), (Allocations.many, pair.many)] {
      table.add(
        way.rawValue, "\(each)", way == .native ? "" : measured.steps.fixed(1),
        measured.allocations.fixed(2), way == .native ? "" : perStep.fixed(3))
    }
  }
  print(table)
  return isGood
}

/// What a run of tasks that withdraw asks of the heap, in one of several ways.
///
/// A campaign is compared with one of twice as many runs, so that what is made once does not count,
/// and runs with runs of more withdrawals, so that what a run costs whatever it does, does not.
struct Allocations {
  /// Short runs and long ones.
  struct Pair {
    var few: Allocations
    var many: Allocations

    private var growth: Double { many.allocations - few.allocations }

    /// How often a step asks for memory, beside what the program itself does.
    func perStep(beside native: Pair) -> Double {
      // Natively, what tasks ask for is not the same each time; a withdrawal asks for something each
      // time, or never.
      let withdrawals = Double(Allocations.tasks * (Allocations.many - Allocations.few))
      let own = (native.growth / withdrawals).rounded() * withdrawals
      return max(0, growth - own) / (many.steps - few.steps)
    }
  }

  private static let tasks = 4
  /// How often each task withdraws.
  static let few = 5
  static let many = 20
  private static let runs = 400

  /// How many steps a run has, and how often it asks for memory.
  var steps: Double
  var allocations: Double

  static func pair(_ way: Withdrawals.Way) async throws -> Pair {
    Pair(few: try await measure(way, each: few), many: try await measure(way, each: many))
  }

  /// Measures the runs of some tasks.
  ///
  /// - Parameter each: How often each of them withdraws.
  private static func measure(_ way: Withdrawals.Way, each: Int) async throws -> Allocations {
    let program = Withdrawals(tasks: tasks, each: each)
    _ = try await campaign(way, program, runs: runs)
    let once = try await campaign(way, program, runs: runs)
    let twice = try await campaign(way, program, runs: 2 * runs)
    return Allocations(
      steps: (twice.steps - once.steps) / Double(runs),
      allocations: (twice.allocations - once.allocations) / Double(runs))
  }

  private static func campaign(
    _ way: Withdrawals.Way, _ program: Withdrawals, runs: Int
  ) async throws -> Allocations {
    let before = al_count()
    let steps = try await program.run(runs, way)
    return Allocations(steps: Double(steps), allocations: Double(al_count() - before))
  }
}
