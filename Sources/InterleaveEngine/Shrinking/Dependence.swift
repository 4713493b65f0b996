/// Which steps of a schedule depend on each other.
///
/// Two steps do if they are of one task, ran on one executor, one made the other
/// ready, or they share a mailbox: one ran there, or queued something there, and
/// so did the other. The global executor counts as one executor, as steps on it
/// may share anything. A timer moves virtual time, which every step may read, so
/// a timer's step depends on all. Only the order of dependent steps counts.
///
/// Not known: state shared between actors by other means, such as a lock, and who
/// saw a cancellation or a task's end. So a schedule that was reordered is only
/// likely to be the same interleaving, and must be run to make sure.
struct Dependence {
  /// What each step shares with others: executors, 0 being the global one.
  private let shared: [[UInt64]]
  private let steps: [RecordedStep]

  init(_ schedule: RecordedSchedule) {
    steps = schedule.steps
    var shared = steps.map { [$0.executor] }
    func add(_ executor: UInt64, to index: Int) {
      if !shared[index].contains(executor) { shared[index].append(executor) }
    }
    for step in steps where step.cause >= 0 && step.executor != 0 {
      add(step.executor, to: step.cause)
    }
    // A hop that left an actor has arrived by the time that the actor's next step
    // begins; that step decides in which order the destination's jobs may run.
    for (index, step) in steps.enumerated()
    where step.reason == .hopped && step.cause >= 0 && step.executor != 0 {
      let source = steps[step.cause].executor
      guard source != 0, step.cause + 1 < index else { continue }
      for next in step.cause + 1..<index where steps[next].executor == source {
        add(step.executor, to: next)
        break
      }
    }
    self.shared = shared
  }

  /// Tells whether the order of two steps counts.
  func dependent(_ first: Int, _ second: Int) -> Bool {
    let (a, b) = (steps[first], steps[second])
    return a.key.task == b.key.task || a.cause == second || b.cause == first
      || a.reason == .timer || b.reason == .timer
      || shared[first].contains { shared[second].contains($0) }
  }
}
