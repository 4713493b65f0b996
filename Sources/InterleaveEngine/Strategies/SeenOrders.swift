/// How many different orders of steps on each executor have been seen, by prefix.
final class SeenOrders {
  private struct Prefix {
    var key: UInt
    var executor: Int32
  }

  /// The steps on one executor of the run that is being learned.
  private struct Walk {
    var run = 0
    var hash: UInt64 = 0
    var isNew = false
    /// How many runs in a row that avoided what was seen have shown it again.
    var failures = 0
  }

  /// The most failures that count.
  private static let maxFailures = 7
  /// Above this many tasks on an executor there are more orders than are ever run.
  private static let maxTasks = 10
  /// Above this many prefixes there are more orders than can come up once each.
  private static let limit = 1 << 15

  private let counts = AddressTable()
  private var kept = 0
  private let walks = Column<Walk>()
  private let path = Column<Prefix>()
  private var runs = 0
  /// What has been followed of the run that is going on.
  private var followed: UInt64 = 0

  deinit {
    counts.deallocate()
    walks.deallocate()
    path.deallocate()
  }

  /// The place of an executor whose orders are kept: at least two tasks run there, and
  /// not too many.
  static func place(of executor: UInt64, in profile: TaskProfile) -> Int? {
    guard let place = profile.contendedPlace(of: executor), profile.taskCount(at: place) <= maxTasks
    else { return nil }
    return place
  }

  /// So many orders were seen that avoiding them makes no difference any more.
  var isFull: Bool { kept >= Self.limit }

  private static func root(_ executor: UInt64) -> UInt64 { mix(7, executor) }
  private static func whole(_ prefix: UInt64) -> UInt { UInt(mix(prefix, 8)) }

  // MARK: The run that is going on

  /// Starts to follow the order of steps on an executor.
  func begin(_ executor: UInt64) { followed = Self.root(executor) }

  /// A task took the next step.
  func follow(_ task: UInt64) { followed = mix(followed, task) }

  /// How many orders have been seen in which a task takes the next step.
  func count(next task: UInt64) -> Int { counts[UInt(mix(followed, task))] ?? 0 }

  // MARK: Runs that are over

  /// How many runs in a row failed to show a new order on an executor, although
  /// they avoided what was seen; at most 7.
  func failures(on executor: Int?) -> Int {
    guard let executor, executor < walks.count else { return 0 }
    return walks[executor].failures
  }

  /// Takes the orders of a run on all executors whose orders are kept into account.
  ///
  /// - Parameters:
  ///   - run: A run that is over.
  ///   - profile: What tells which executors are contended.
  ///   - avoided: The place of the executor on which the run avoided what was
  ///     seen; nil if it did on none.
  func learn(from run: RunRecord, _ profile: TaskProfile, avoided: Int?) {
    runs += 1
    path.removeAll()
    for index in 0..<run.stepCount { add(run.step(at: index), of: run, profile) }
    for place in 0..<walks.count where walks[place].run == runs {
      let key = Self.whole(walks[place].hash)
      walks[place].isNew = counts[key] == nil
      if walks[place].isNew { increment(key) }
      guard place == avoided else { continue }
      walks[place].failures =
        walks[place].isNew ? 0 : min(Self.maxFailures, walks[place].failures + 1)
    }
    for prefix in path.elements where walks[Int(prefix.executor)].isNew { increment(prefix.key) }
  }

  private func add(_ step: RanStep, of run: RunRecord, _ profile: TaskProfile) {
    guard let executor = Self.place(of: step.executor, in: profile) else { return }
    while walks.count <= executor { walks.append(Walk()) }
    if walks[executor].run != runs {
      walks[executor].run = runs
      walks[executor].hash = Self.root(step.executor)
    }
    walks[executor].hash = mix(walks[executor].hash, run.task(step.taskNumber).name)
    path.append(Prefix(key: UInt(walks[executor].hash), executor: Int32(executor)))
  }

  private func increment(_ key: UInt) {
    if let count = counts[key] {
      counts.set(key, to: count + 1)
    } else if kept < Self.limit {
      kept += 1
      counts.set(key, to: 1)
    }
  }
}
