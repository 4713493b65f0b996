import Dispatch

/// An actor at which tasks arrive.
actor Dock {
  private(set) var arrivals: [Int] = []
  private var parked: [Int: UnsafeContinuation<Void, Never>] = [:]
  private var watcher: UnsafeContinuation<Void, Never>?

  func arrive(_ number: Int) { arrivals.append(number) }

  /// Makes tasks on this actor, of the given priorities.
  func makeTasks(_ priorities: [TaskPriority?]) -> [Task<Void, Never>] {
    priorities.enumerated().map { number, priority in
      Task(priority: priority) { arrive(number) }
    }
  }

  /// Waits here for a continuation to be resumed, then arrives.
  func park(_ number: Int) async {
    await withUnsafeContinuation { continuation in
      parked[number] = continuation
      if parked.count == 2 { watcher?.resume() }
    }
    arrivals.append(number)
  }

  /// Waits for two tasks to be parked.
  ///
  /// - Returns: Their continuations, by number.
  func bothParked() async -> [UnsafeContinuation<Void, Never>] {
    if parked.count < 2 { await withUnsafeContinuation { watcher = $0 } }
    return parked.sorted { $0.key < $1.key }.map(\.value)
  }
}

/// An actor that tasks pass through on their way.
actor Corridor {
  private var passed = 0

  /// The number of the caller among those who came here.
  func ticket() -> Int {
    passed += 1
    return passed - 1
  }

  /// Goes on to a dock from here.
  func pass(to dock: Dock) async { await dock.arrive(ticket()) }

  /// Goes on to the main actor from here.
  func passToMain(_ trace: Trace) async { await arriveOnMain(ticket(), trace) }

  /// Goes on to an actor with an executor of its own from here.
  func pass(to ownDock: OwnDock) async { await ownDock.arrive(ticket()) }

  /// Makes tasks on a global actor, all in one step.
  func makeTasksOnHub(_ priorities: [TaskPriority?], _ trace: Trace) -> [Task<Void, Never>] {
    priorities.enumerated().map { number, priority in
      Task(priority: priority) { @Hub in trace.add("\(number)") }
    }
  }

  /// Makes a task on a global actor, and goes there itself.
  func makeTaskAndPassToHub(_ trace: Trace) async -> Task<Void, Never> {
    let task = Task { @Hub in trace.add("made") }
    await arriveOnHub("passed", trace)
    return task
  }

  /// Resumes continuations, all in one step.
  func resume(_ continuations: [UnsafeContinuation<Void, Never>]) {
    for continuation in continuations { continuation.resume() }
  }
}

@globalActor actor Hub {
  static let shared = Hub()
}

@Hub func arriveOnHub(_ event: String, _ trace: Trace) { trace.add(event) }

@MainActor func arriveOnMain(_ number: Int, _ trace: Trace) { trace.add("\(number)") }

/// A serial executor that a user wrote: first in, first out.
final class OwnExecutor: SerialExecutor {
  private let queue = DispatchQueue(label: "own")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}

/// An actor with an executor of its own.
actor OwnDock {
  private let executor = OwnExecutor()
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
  private(set) var arrivals: [Int] = []
  private var passed = 0

  func arrive(_ number: Int) { arrivals.append(number) }

  func makeTasks(_ priorities: [TaskPriority?]) -> [Task<Void, Never>] {
    priorities.enumerated().map { number, priority in
      Task(priority: priority) { arrive(number) }
    }
  }

  func pass(to dock: Dock) async {
    passed += 1
    await dock.arrive(passed - 1)
  }
}
