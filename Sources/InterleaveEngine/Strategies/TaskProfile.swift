#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// How many steps each task takes on each executor, learned from run to run.
///
/// Tasks and executors go by their names, which are the same in every schedule.
/// Where runs differ, the most steps count.
final class TaskProfile {
  private struct TaskEntry {
    /// The place of the task that made it; -1 for the root.
    var parent: Int32
  }

  private struct ExecutorEntry {
    var name: UInt64
    /// How many tasks ever ran on it.
    var tasks = 0
    /// How many steps they take there, and the logarithm of in how many orders.
    var steps = 0
    var logarithmOfOrders = 0.0
  }

  private struct Count {
    var task: Int32
    var executor: Int32
    var most = 0
    /// The count in the run that is being learned, and which run that is.
    var current = 0
    var run = 0
  }

  /// Above this many tasks nothing new is learned: a program whose tasks bear other
  /// names in each run must not fill the memory.
  private static let taskLimit = 1 << 16

  private let tasks = Column<TaskEntry>()
  private let taskPlaces = AddressTable()
  private let executors = Column<ExecutorEntry>()
  private let executorPlaces = AddressTable()
  private let counts = Column<Count>()
  private let countPlaces = AddressTable()
  /// By number of task in the run that is being learned: its place here.
  private let places = Column<Int32>()
  /// The actors on which at least two tasks run, in the order in which they met.
  private let contended = Column<UInt64>()
  private var globalIsContended = false
  private let weights = Column<Int>()
  private var runs = 0
  private var attention = Attention(first: 32, period: 8, longest: 64)
  /// The run that is being learned has taught something.
  private var hasLearned = false

  deinit {
    tasks.deallocate()
    taskPlaces.deallocate()
    executors.deallocate()
    executorPlaces.deallocate()
    counts.deallocate()
    countPlaces.deallocate()
    places.deallocate()
    contended.deallocate()
    weights.deallocate()
  }

  /// Learns from a run that is over.
  func learn(from run: RunRecord) {
    guard attention.isDue() else { return }
    runs += 1
    hasLearned = false
    places.removeAll()
    for number in 0..<run.taskCount { places.append(place(of: run.task(number))) }
    run.forEachStep { _, step in count(step) }
    attention.note(isNew: hasLearned)
  }

  private func place(of task: RunTask) -> Int32 {
    if let known = taskPlaces[UInt(task.name)] { return Int32(known) }
    guard tasks.count < Self.taskLimit else { return -1 }
    tasks.append(TaskEntry(parent: task.parent.map { places[$0] } ?? -1))
    taskPlaces.set(UInt(task.name), to: tasks.count - 1)
    return Int32(tasks.count - 1)
  }

  private func count(_ step: RunRecord.Visit) {
    let task = places[step.task]
    guard task >= 0 else { return }
    let key = Self.key(step.executor, task)
    let index: Int
    if let known = countPlaces[key] {
      index = known
    } else {
      counts.append(Count(task: task, executor: executor(step.executor)))
      index = counts.count - 1
      countPlaces.set(key, to: index)
    }
    if counts[index].run != runs {
      counts[index].run = runs
      counts[index].current = 0
    }
    let count = counts.pointer(at: index)
    count.pointee.current += 1
    if count.pointee.current > count.pointee.most {
      count.pointee.most = count.pointee.current
      let executor = executors.pointer(at: Int(count.pointee.executor))
      executor.pointee.steps += 1
      executor.pointee.logarithmOfOrders += log2(
        Double(executor.pointee.steps) / Double(count.pointee.most))
      hasLearned = true
    }
  }

  /// The place of the executor on which one more task has run.
  private func executor(_ name: UInt64) -> Int32 {
    let place: Int
    if let known = executorPlaces[UInt(name)] {
      place = known
    } else {
      executors.append(ExecutorEntry(name: name))
      place = executors.count - 1
      executorPlaces.set(UInt(name), to: place)
    }
    executors[place].tasks += 1
    if executors[place].tasks == 2 {
      if name == 0 { globalIsContended = true } else { contended.append(name) }
    }
    return Int32(place)
  }

  /// Draws one of the executors that at least two tasks use.
  ///
  /// Each actor is as likely as any other, the global executor half as likely as
  /// an actor: most of what runs there shares nothing.
  ///
  /// - Returns: Its name; nil if none is known.
  func drawContended(_ random: inout SplitMix64) -> UInt64? {
    let halves = 2 * contended.count + (globalIsContended ? 1 : 0)
    guard halves > 0 else { return nil }
    let drawn = random.below(halves) / 2
    return drawn < contended.count ? contended[drawn] : 0
  }

  /// The place of an executor that at least two tasks use, from 0 up without gaps
  /// among all executors.
  func contendedPlace(of name: UInt64) -> Int? {
    guard let place = executorPlaces[UInt(name)], executors[place].tasks > 1 else { return nil }
    return place
  }

  /// The logarithm to base 2 of in how many orders the steps of tasks can run on the executor at a
  /// place, if none waits for another.
  func logarithmOfOrders(at place: Int) -> Double { executors[place].logarithmOfOrders }

  private static func key(_ executor: UInt64, _ task: Int32) -> UInt {
    UInt(fold(executor, UInt64(task)))
  }

  // MARK: Weights

  /// Sums up how many steps each task and those that descend from it take.
  ///
  /// - Parameter name: The executor on which steps count; nil for all.
  func weigh(on name: UInt64?) {
    weights.removeAll()
    for _ in 0..<tasks.count { weights.append(0) }
    let executor = name.map { Int32(executorPlaces[UInt($0)] ?? -1) }
    for index in 0..<counts.count where executor == nil || counts[index].executor == executor {
      weights[Int(counts[index].task)] += counts[index].most
    }
    for task in stride(from: tasks.count - 1, through: 0, by: -1) {
      let parent = Int(tasks[task].parent)
      if parent >= 0 { weights[parent] += weights[task] }
    }
  }

  /// The weight of a task, as last summed up; 0 if it is not known.
  func weight(of name: UInt64) -> Int {
    guard let place = taskPlaces[UInt(name)], place < weights.count else { return 0 }
    return weights[place]
  }
}
