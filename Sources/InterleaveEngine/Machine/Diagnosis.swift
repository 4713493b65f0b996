/// A task that had not ended when its run came to a standstill.
package struct BlockedTask: Sendable, Hashable {
  /// The task's index in its run; 0 is the root.
  package var index: Int
  package var wait: TaskWait
  /// The executor of its last step: the actor on which it began to wait.
  package var executor: Int
  /// The executors that it ever ran on.
  package var visited: Set<Int>

  package init(
    index: Int, wait: TaskWait, executor: Int = 0, visited: Set<Int> = []
  ) {
    self.index = index
    self.wait = wait
    self.executor = executor
    self.visited = visited
  }
}

/// Why a run came to a standstill.
package enum Diagnosis: Sendable, Hashable {
  /// The tasks wait for each other, each for the next and the last for the first.
  case deadlock([Int])
  /// The tasks wait for continuations that nothing will resume.
  case lostWakeUp([Int])
  /// The body has ended, and these continuations were dropped without a resume.
  case leakedContinuation([Int])
  /// The body has ended, and these tasks have not.
  case leakedTask([Int])

  /// Finds out why tasks are blocked.
  ///
  /// A task that waits for another, or for the tasks of its group, waits for
  /// something that can be named, and a circle of such waits is a deadlock. Who
  /// would resume a continuation cannot be known. But a task that waits on a
  /// continuation made on one actor waits, most likely, for a task that passed
  /// through that actor before it: if such waits lead from actor to actor and
  /// back, the tasks hold what the others need. All else is a lost wake-up.
  ///
  /// - Parameter tasks: All tasks that have not ended; at least one.
  package init(_ tasks: [BlockedTask]) {
    let leaves = tasks.filter { Self.awaited($0, tasks).isEmpty }
    let dropped = leaves.filter { $0.wait == .continuation(isLost: true) }.map(\.index)
    let rootIsBlocked = tasks.contains { $0.index == 0 }
    if let cycle = Self.cycle(tasks, Self.awaited) {
      self = .deadlock(cycle)
    } else if !rootIsBlocked {
      self = dropped.isEmpty ? .leakedTask(tasks.map(\.index)) : .leakedContinuation(dropped)
    } else if !dropped.isEmpty {
      self = .lostWakeUp(dropped)
    } else if let cycle = Self.cycle(leaves, Self.holders) {
      self = .deadlock(cycle)
    } else {
      self = .lostWakeUp(leaves.map(\.index))
    }
  }

  /// Nobody outside of the run could let the tasks go on.
  ///
  /// - Parameter tasks: All tasks that have not ended; at least one.
  package static func isCertain(_ tasks: [BlockedTask]) -> Bool {
    cycle(tasks, awaited) != nil
      || tasks.contains { $0.wait == .continuation(isLost: true) }
  }

  /// The tasks that a task is known to wait for.
  private static func awaited(_ task: BlockedTask, _ all: [BlockedTask]) -> [BlockedTask] {
    switch task.wait {
    case .task(let other): all.filter { $0.index == other }
    case .group(let children): all.filter { children.contains($0.index) }
    case .continuation, .unknown: []
    }
  }

  /// The tasks that may hold what a task waits for: those that passed through the
  /// actor where it waits, and wait on another actor now.
  private static func holders(_ task: BlockedTask, _ all: [BlockedTask]) -> [BlockedTask] {
    guard task.executor != 0 else { return [] }
    return all.filter { other in
      other.index != task.index && other.executor != task.executor && other.executor != 0
        && other.visited.contains(task.executor)
    }
  }

  /// The first circle of waits, by depth-first search in the order of tasks.
  private static func cycle(
    _ tasks: [BlockedTask], _ next: (BlockedTask, [BlockedTask]) -> [BlockedTask]
  ) -> [Int]? {
    var finished: Set<Int> = []
    var path: [BlockedTask] = []

    func visit(_ task: BlockedTask) -> [Int]? {
      if let start = path.firstIndex(where: { $0.index == task.index }) {
        return path[start...].map(\.index)
      }
      guard finished.insert(task.index).inserted else { return nil }
      path.append(task)
      defer { path.removeLast() }
      for other in next(task, tasks) {
        if let found = visit(other) { return found }
      }
      return nil
    }

    for task in tasks {
      if let found = visit(task) { return found }
    }
    return nil
  }
}

/// The shortest pattern that a sequence repeats at its end.
///
/// - Parameters:
///   - items: The sequence; only its end is looked at.
///   - repetitions: How often the pattern must stand there, at least 2.
/// - Returns: The length of the pattern, or nil if there is none.
package func repeatedPattern(in items: [some Equatable], repetitions: Int = 3) -> Int? {
  for length in stride(from: 1, through: items.count / repetitions, by: 1) {
    let end = items.suffix(length * repetitions)
    if zip(end, end.dropFirst(length)).allSatisfy({ $0 == $1 }) { return length }
  }
  return nil
}
