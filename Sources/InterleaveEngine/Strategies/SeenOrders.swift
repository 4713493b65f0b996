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
  /// Where there are more than 2 to the power of this many orders on an executor, hardly one comes
  /// twice, and to avoid those that were seen makes no difference.
  private static let maxLogarithm = 22.0
  /// Above this many prefixes there are more orders than can come up once each.
  private static let limit = 1 << 15

  private let counts = AddressTable()
  private var kept = 0
  private let walks = Column<Walk>()
  private let path = Column<Prefix>()
  /// By number of executor in the run that is being learned: the place at which its orders are
  /// kept; -1 where they are not.
  private let places = Column<Int>()
  private var runs = 0
  /// What has been followed of the run that is going on.
  private var followed: UInt64 = 0

  deinit {
    counts.deallocate()
    walks.deallocate()
    path.deallocate()
    places.deallocate()
  }

  /// The place of an executor whose orders are kept: at least two tasks run there, and there are
  /// not too many orders.
  static func place(of executor: UInt64, in profile: TaskProfile) -> Int? {
    guard let place = profile.contendedPlace(of: executor),
      profile.logarithmOfOrders(at: place) <= maxLogarithm
    else { return nil }
    return place
  }

  /// So many orders were seen that avoiding them makes no difference any more.
  var isFull: Bool { kept >= Self.limit }

  private static func root(_ executor: UInt64) -> UInt64 { fold(7, executor) }
  private static func whole(_ prefix: UInt64) -> UInt { UInt(fold(prefix, 8)) }

  // MARK: The run that is going on

  /// Starts to follow the order of steps on an executor.
  func begin(_ executor: UInt64) { followed = Self.root(executor) }

  /// A task took the next step.
  func follow(_ task: UInt64) { followed = fold(followed, task) }

  /// How many orders have been seen in which a task takes the next step.
  func count(next task: UInt64) -> Int { counts[UInt(fold(followed, task))] ?? 0 }

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
    places.removeAll()
    for number in 0..<run.executorCount {
      places.append(Self.place(of: run.executor(number), in: profile) ?? -1)
    }
    guard places.elements.contains(where: { $0 >= 0 }) else { return }
    runs += 1
    path.removeAll()
    run.forEachStep(where: { places.known(at: $0).pointee >= 0 }) { _, step in
      add(step, at: places.known(at: step.executorNumber).pointee)
    }
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

  @inline(__always)
  private func add(_ step: RunRecord.Visit, at place: Int) {
    while walks.count <= place { walks.append(Walk()) }
    let walk = walks.pointer(at: place)
    if walk.pointee.run != runs {
      walk.pointee.run = runs
      walk.pointee.hash = Self.root(step.executor)
    }
    walk.pointee.hash = fold(walk.pointee.hash, step.taskName)
    path.append(Prefix(key: UInt(walk.pointee.hash), executor: Int32(place)))
  }

  private func increment(_ key: UInt) {
    if !counts.increment(key), kept < Self.limit {
      kept += 1
      counts.set(key, to: 1)
    }
  }
}
