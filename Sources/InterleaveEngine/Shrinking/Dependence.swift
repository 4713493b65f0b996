/// Which steps of a schedule depend on each other.
///
/// Two steps do if they are of one task, ran on one executor, one made the other
/// ready, or they share a mailbox: one ran there, or queued something there, and
/// so did the other. The global executor counts as one executor, as steps on it
/// may share anything. A timer moves virtual time, which every step may read, so
/// a timer's step depends on all. Only the order of dependent steps counts.
///
/// Not known: state shared between actors by other means, such as a lock, and who
/// saw a cancellation. Whoever relies on independence says so, or runs again.
struct Dependence {
  /// What each step shares with others: executors, 0 being the global one.
  let shared: [[UInt64]]
  let steps: [RecordedStep]

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

/// Names the states that a schedule passes through, by what led to each.
///
/// Two prefixes that differ only in the order of independent steps have the same
/// name (the happens-before graph of CHESS: Musuvathi, Qadeer: "Fair stateless
/// model checking", PLDI 2008). A task's last step counts as dependent on all, as
/// it may end another's wait, or spare it one.
enum TraceHash {
  /// The state before each step, and after the last.
  ///
  /// The schedule must be whole: what a step queued is known only from the steps
  /// that came of it, and a task's last step from there being no other. The task that ran last is part of it: it decides what a preemption is.
  static func states(of schedule: RecordedSchedule) -> [UInt64] {
    let dependence = Dependence(schedule)
    var lastStep: [UInt64: Int] = [:]
    for (index, step) in schedule.steps.enumerated() { lastStep[step.key.task] = index }
    var latest: [UInt64: UInt64] = [:]
    var ofTask: [UInt64: UInt64] = [:]
    var hashes: [UInt64] = []
    var sum: UInt64 = 0
    var epoch: UInt64 = 0
    var states: [UInt64] = [mix(0, 0)]
    for (index, step) in schedule.steps.enumerated() {
      var hash = mix(mix(step.key.task, UInt64(step.key.ordinal)), epoch)
      hash = mix(hash, ofTask[step.key.task] ?? 0)
      if step.cause >= 0 { hash = mix(hash, hashes[step.cause]) }
      var context: UInt64 = 0
      for executor in dependence.shared[index] {
        context &+= mix(executor, latest[executor] ?? 0)
      }
      hash = mix(hash, context)
      if step.reason == .timer || lastStep[step.key.task] == index {
        hash = mix(hash, sum)
        epoch = hash
      }
      for executor in dependence.shared[index] { latest[executor] = hash }
      ofTask[step.key.task] = hash
      hashes.append(hash)
      sum &+= hash
      states.append(mix(sum, step.key.task))
    }
    return states
  }
}
