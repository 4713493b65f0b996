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
    /// The numbers of the tasks that it makes; the root makes all that nobody else does.
    var makes: [Int] = []
    /// Works on the shared variables and the task's own; tells whether the task
    /// goes on to its next step.
    var body: (_ shared: inout [Int], _ own: inout Int) -> Bool
  }

  enum Mailboxes: CaseIterable {
    case unordered
    case inOrder
  }

  var tasks: [[Step]]
  /// What each task does, by number; empty where each does something of its own.
  ///
  /// Tasks that do the same go on at the same places.
  var roles: [Int] = []
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
        strategy.end(simulation.record)
        return (
          Trial(fails: true, schedule: RecordedSchedule(steps: simulation.steps)),
          simulation.shared
        )
      }
    }
    strategy.end(simulation.record)
    return (
      Trial(fails: false, schedule: RecordedSchedule(steps: simulation.steps)), simulation.shared
    )
  }

  /// The tasks that other tasks than the root make.
  fileprivate var madeByOthers: Set<Int> { Set(tasks.joined().flatMap(\.makes)) }

  /// Where a step goes on, as ``EnabledStep/place`` names it.
  fileprivate func place(of key: StepKey) -> UInt64 {
    guard key.task > 0 else { return 0 }
    let number = Int(key.task) - 1
    return mix(mix(UInt64(roles.isEmpty ? number : roles[number]), 1), UInt64(key.ordinal))
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
  var steps: [EnabledStep]
  var lastTaskIsEnabled: Bool
  var record: RunRecord
  var places: (StepKey) -> UInt64

  var count: Int { steps.count }
  func step(at index: Int) -> EnabledStep { steps[index] }
  func place(at index: Int) -> UInt64 { places(key(at: index)) }
  func code(at index: Int) -> UInt64 { place(at: index) }
  func key(at index: Int) -> StepKey {
    StepKey(task: steps[index].task, ordinal: Int32(steps[index].ordinal))
  }
  func index(of key: StepKey) -> Int? { steps.indices.first { self.key(at: $0) == key } }
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
  /// By task of the program: its number in the order in which they were made.
  private var numbers: [Int: Int] = [:]
  private let listed = ListedRun()
  var record: RunRecord { RunRecord(listed) }

  init(program: SimulatedProgram) {
    self.program = program
    listed.tasks = [RunTask(name: 0, parent: nil)]
    shared = program.variables
    own = Array(repeating: 0, count: program.tasks.count)
  }

  func point() -> SimulatedPoint {
    let last = steps.last?.key.task
    var enabled = waiting.enumerated().filter { place, job in
      program.mailboxes == .unordered || job.executor == 0
        || !waiting[..<place].contains { $0.executor == job.executor }
    }.map { _, job in
      EnabledStep(
        task: job.key.task, taskNumber: number(of: job.key), executor: job.executor,
        executorNumber: Int(job.executor), ordinal: Int(job.key.ordinal), priority: 0,
        reason: job.reason, continuesLastTask: job.key.task == last)
    }
    let continued = enabled.firstIndex { $0.continuesLastTask }
    if let continued { enabled.insert(enabled.remove(at: continued), at: 0) }
    return SimulatedPoint(
      steps: enabled, lastTaskIsEnabled: continued != nil, record: record,
      places: program.place)
  }

  mutating func perform(_ point: SimulatedPoint, _ pick: Int) {
    let key = point.key(at: pick)
    guard let place = waiting.firstIndex(where: { $0.key == key }) else {
      preconditionFailure("an enabled step must wait (\(key) did not)")
    }
    let job = waiting.remove(at: place)
    steps.append(
      RecordedStep(
        key: key, executor: job.executor, cause: job.cause, enabled: point.count,
        passedOver: point.key(at: 0), reason: job.reason,
        isPreemption: point.lastTaskIsEnabled && pick > 0, isStall: false))
    listed.steps.append(
      RanStep(
        taskNumber: number(of: key), executor: job.executor, ordinal: Int(key.ordinal)))
    guard key.task > 0 else {
      make(program.tasks.indices.filter { !program.madeByOthers.contains($0) }, parent: 0)
      return
    }
    let number = Int(key.task) - 1
    let ordinal = Int(key.ordinal)
    make(program.tasks[number][ordinal].makes, parent: numbers[number])
    if program.tasks[number][ordinal].body(&shared, &own[number]),
      ordinal + 1 < program.tasks[number].count
    {
      enqueue(number, ordinal: ordinal + 1, .hopped)
    }
  }

  /// The number of a step's task in the order in which tasks were made.
  private func number(of key: StepKey) -> Int {
    key.task > 0 ? numbers[Int(key.task) - 1, default: 0] : 0
  }

  private mutating func make(_ tasks: [Int], parent: Int?) {
    for task in tasks {
      numbers[task] = listed.tasks.count
      listed.tasks.append(RunTask(name: UInt64(task) + 1, parent: parent))
    }
    for task in tasks { enqueue(task, ordinal: 0, .created) }
  }

  private mutating func enqueue(_ number: Int, ordinal: Int, _ reason: EnabledReason) {
    waiting.append(
      Job(
        key: StepKey(task: UInt64(number) + 1, ordinal: Int32(ordinal)),
        executor: program.tasks[number][ordinal].executor, cause: steps.count - 1,
        reason: reason))
  }
}
