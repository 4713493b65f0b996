/// Which steps of a schedule must stay in their order.
///
/// Two steps depend on each other if they are of one task, ran on one executor, one
/// made the other ready, or they share a mailbox: one ran there, or queued something
/// there, and so did the other. The global executor counts as one executor, as steps
/// on it may share anything. A timer moves virtual time, which every step may read,
/// so a timer's step depends on all.
///
/// Not known: state shared between actors by other means, such as a lock, and who
/// saw a cancellation or a task's end. So a schedule that was reordered is only
/// likely to be the same interleaving, and must be run to make sure.
struct Dependence {
  /// For each step, earlier ones that it depends on; whatever else it depends on,
  /// one of these does.
  let predecessors: [[Int]]

  init(_ schedule: RecordedSchedule) {
    let steps = schedule.steps
    let shared = Self.sharedExecutors(steps)
    var predecessors: [[Int]] = []
    var lastOfTask: [UInt64: Int] = [:]
    var lastOnExecutor: [UInt64: Int] = [:]
    var lastTimer: Int?
    for (index, step) in steps.enumerated() {
      var before: Set<Int> = []
      if step.reason == .timer { before.formUnion((lastTimer ?? 0)..<index) }
      if let lastTimer { before.insert(lastTimer) }
      if let last = lastOfTask[step.key.task] { before.insert(last) }
      if step.cause >= 0 { before.insert(step.cause) }
      for executor in shared[index] {
        if let last = lastOnExecutor[executor] { before.insert(last) }
        lastOnExecutor[executor] = index
      }
      lastOfTask[step.key.task] = index
      if step.reason == .timer { lastTimer = index }
      predecessors.append(before.sorted())
    }
    self.predecessors = predecessors
  }

  /// What each step shares with others: the executor that it ran on, 0 being the
  /// global one, and the mailboxes that it changed.
  private static func sharedExecutors(_ steps: [RecordedStep]) -> [[UInt64]] {
    var shared = steps.map { [$0.executor] }
    func add(_ executor: UInt64, to index: Int) {
      if !shared[index].contains(executor) { shared[index].append(executor) }
    }
    let next = nextOnSameExecutor(steps)
    for (index, step) in steps.enumerated() where step.cause >= 0 && step.executor != 0 {
      add(step.executor, to: step.cause)
      // A hop that left an actor has arrived by the time that the actor's next step
      // begins; that step decides in which order the destination's jobs may run.
      if step.reason == .hopped, steps[step.cause].executor != 0,
        let releasing = next[step.cause], releasing < index
      {
        add(step.executor, to: releasing)
      }
    }
    return shared
  }

  private static func nextOnSameExecutor(_ steps: [RecordedStep]) -> [Int?] {
    var next: [Int?] = Array(repeating: nil, count: steps.count)
    var following: [UInt64: Int] = [:]
    for index in steps.indices.reversed() {
      next[index] = following[steps[index].executor]
      following[steps[index].executor] = index
    }
    return next
  }
}
