import InterleaveEngine

/// A program of tasks and actors that runs under a strategy without a machine.
///
/// It keeps the machine's rules: a step is atomic, a mailbox runs its jobs in any
/// order or in that of their arrival, and the baseline goes on with the last task
/// or else takes what was enabled first.
struct SimulatedProgram {
  /// A stretch of a task on one executor.
  struct Step {
    var executor: UInt64
    /// Works on the shared variables and the task's own; tells whether the task
    /// goes on to its next step.
    var body: (_ shared: inout [Int], _ own: inout Int) -> Bool
  }

  enum Mailboxes: CaseIterable {
    case unordered
    case inOrder
  }

  var tasks: [[Step]]
  var variables: [Int]
  var mailboxes = Mailboxes.unordered
  /// Tells after each step whether the program has failed.
  var fails: (_ shared: [Int], _ isOver: Bool) -> Bool

  /// Runs the program; the root task's only step makes all others.
  func run(_ strategy: any PureStrategy, seed: UInt64 = 0) -> Trial {
    runToOutcome(strategy, seed: seed).trial
  }

  /// Runs the program, and yields its shared variables at its end or failure too.
  func runToOutcome(
    _ strategy: any PureStrategy, seed: UInt64 = 0
  ) -> (trial: Trial, outcome: [Int]) {
    var simulation = Simulation(program: self)
    strategy.begin(RunStart(index: 0, seed: seed))
    while !simulation.waiting.isEmpty {
      let point = simulation.point()
      let pick = point.count > 1 ? strategy.decide(at: point) : 0
      simulation.perform(point, pick)
      if fails(simulation.shared, simulation.waiting.isEmpty) {
        strategy.end(steps: simulation.steps.count)
        return (
          Trial(fails: true, schedule: RecordedSchedule(steps: simulation.steps)),
          simulation.shared
        )
      }
    }
    strategy.end(steps: simulation.steps.count)
    return (
      Trial(fails: false, schedule: RecordedSchedule(steps: simulation.steps)), simulation.shared
    )
  }

  /// The first failing schedules of random walks, one for each of the given number
  /// of streams of seeds; none for a stream that finds nothing in 5,000 runs.
  func failingSchedules(_ count: Int) -> [RecordedSchedule] {
    (0..<count).compactMap { stream in
      for index in 0..<5_000 {
        let seed = SplitMix64.seed(UInt64(stream), stream: UInt64(index))
        let trial = run(SimulatedWalk(), seed: seed)
        if trial.fails { return trial.schedule }
      }
      return nil
    }
  }
}

/// A random walk that needs no machine.
final class SimulatedWalk: PureStrategy {
  private var random = SplitMix64(seed: 0)

  func begin(_ run: RunStart) { random = SplitMix64(seed: run.seed) }
  func decide(at point: some ChoicePoint) -> Int { random.below(point.count) }
}

/// What a simulated program can do next.
struct SimulatedPoint: ChoicePoint {
  var keys: [StepKey]
  var lastTaskIsEnabled: Bool

  var count: Int { keys.count }
  func key(at index: Int) -> StepKey { keys[index] }
  func index(of key: StepKey) -> Int? { keys.firstIndex(of: key) }
}

private struct Simulation {
  struct Job {
    var key: StepKey
    var executor: UInt64
    var cause: Int
    var reason: EnabledReason
  }

  let program: SimulatedProgram
  var shared: [Int]
  var own: [Int]
  /// In the order in which they began to wait.
  var waiting: [Job] = [
    Job(key: StepKey(task: 0, ordinal: 0), executor: 0, cause: -1, reason: .created)
  ]
  var steps: [RecordedStep] = []

  init(program: SimulatedProgram) {
    self.program = program
    shared = program.variables
    own = Array(repeating: 0, count: program.tasks.count)
  }

  func point() -> SimulatedPoint {
    var keys = waiting.enumerated().filter { place, job in
      program.mailboxes == .unordered || job.executor == 0
        || !waiting[..<place].contains { $0.executor == job.executor }
    }.map(\.element.key)
    let last = keys.firstIndex { $0.task == steps.last?.key.task }
    if let last { keys.insert(keys.remove(at: last), at: 0) }
    return SimulatedPoint(keys: keys, lastTaskIsEnabled: last != nil)
  }

  mutating func perform(_ point: SimulatedPoint, _ pick: Int) {
    let key = point.keys[pick]
    guard let place = waiting.firstIndex(where: { $0.key == key }) else {
      preconditionFailure("an enabled step must wait (\(key) did not)")
    }
    let job = waiting.remove(at: place)
    steps.append(
      RecordedStep(
        key: key, executor: job.executor, cause: job.cause, enabled: point.count,
        passedOver: point.keys[0], reason: job.reason,
        isPreemption: point.lastTaskIsEnabled && pick > 0, isStall: false))
    guard key.task > 0 else {
      for number in program.tasks.indices { enqueue(number, ordinal: 0, .created) }
      return
    }
    let number = Int(key.task) - 1
    let ordinal = Int(key.ordinal)
    if program.tasks[number][ordinal].body(&shared, &own[number]),
      ordinal + 1 < program.tasks[number].count
    {
      enqueue(number, ordinal: ordinal + 1, .hopped)
    }
  }

  private mutating func enqueue(_ number: Int, ordinal: Int, _ reason: EnabledReason) {
    waiting.append(
      Job(
        key: StepKey(task: UInt64(number) + 1, ordinal: Int32(ordinal)),
        executor: program.tasks[number][ordinal].executor, cause: steps.count - 1,
        reason: reason))
  }
}
