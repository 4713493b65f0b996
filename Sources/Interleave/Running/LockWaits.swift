import InterleaveEngine

/// Who waits for which lock at the end of a run, and for whom.
struct LockWaits {
  private let machine: Machine
  private let waits: [LockWait]

  init(_ machine: Machine) {
    self.machine = machine
    waits = machine.lockWaits
  }

  /// No step waits for a lock.
  var isEmpty: Bool { waits.allSatisfy { $0.holder == nil } }
  /// Some step waits for a lock, and not all for threads to end.
  var areForLocks: Bool { waits.contains { $0.holder != nil && !$0.isForEnd } }
  /// The tasks whose steps wait.
  var tasks: [Int] { waits.map(\.task) }
  /// Where steps wait for locks.
  var sites: [UInt] { waits.filter { $0.holder != nil }.map(\.site) }

  func wait(of task: Int) -> LockWait? { waits.first { $0.task == task } }

  /// Tasks each of which waits for the next, and the last for the first: for a lock that it
  /// holds, or for it to end; nil where there are none.
  var circle: [Int]? {
    for wait in waits {
      if let circle = path(from: wait.task, to: wait.task, without: []) { return circle }
    }
    return nil
  }

  private func path(from task: Int, to goal: Int, without passed: Set<Int>) -> [Int]? {
    for next in awaited(by: task) {
      if next == goal { return [task] }
      guard !passed.contains(next), next != task else { continue }
      if let rest = path(from: next, to: goal, without: passed.union([task])) {
        return [task] + rest
      }
    }
    return nil
  }

  private func awaited(by task: Int) -> [Int] {
    if let wait = wait(of: task) { return wait.holder.map { [$0] } ?? [] }
    return switch machine.wait(of: task) {
    case .task(let other): [other]
    case .group(let children): children
    case .continuation, .unknown: []
    }
  }
}
