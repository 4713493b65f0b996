import CInterleave

extension Machine {
  /// More are not noted of one run.
  private static let mostEvents = 20_000

  /// Notes what the running step does, where runs are looked at closely.
  ///
  /// - Parameter calls: By which calls; nil to look for them on the stack.
  func noteEvent(
    _ kind: RunEventKind, task: Int, lock: Int = 0, calls: [UInt]? = nil
  ) {
    guard progress.currentStep >= 0, notes.events.count < Self.mostEvents else { return }
    notes.events.append(
      RunEvent(
        kind: kind, step: Int(progress.currentStep), task: task, lock: lock,
        hadEnded: task >= 0 && tasks[task].hasEnded, calls: calls ?? callsOfTouch()))
  }

  /// The running step took a lock; that of a stream tells what it does to the stream.
  func noteLock(_ lock: Int) {
    let calls = callsOfTouch()
    let isEnd = il_ends_stream(calls, calls.count)
    noteEvent(isEnd ? .finished : .locked, task: -1, lock: lock, calls: calls)
  }

  /// The running step made a task ready by resuming its continuation.
  func noteResumption(of task: Int) {
    let count = il_session_resumers(session)
    guard count != resumersSeen else { return }
    resumersSeen = count
    var calls = [UInt](repeating: 0, count: 8)
    let found = il_session_resumer_calls(session, UInt32(task), &calls, calls.count)
    noteEvent(.resumed, task: task, calls: Array(calls.prefix(found)))
  }

  /// A thread that the run does not control let a task go on: the task's next step comes by it.
  func noteWakening(of task: Int, _ calls: [UInt], by name: String) {
    guard notes.events.count + notes.wakenings.count < Self.mostEvents else { return }
    let event = RunEvent(
      kind: .wokenFromOutside, step: steps.count, task: -1,
      calls: calls.filter { $0 != 0 }.map { $0 - 1 }, text: name)
    notes.wakenings.append((Int32(task), event))
  }

  /// The running step talks to others.
  func noteTalk(at site: UInt) {
    guard progress.notesResumers, site != 0 else { return }
    noteEvent(.talkedToOutside, task: -1, calls: [site - 1])
  }

  /// What brought steps about from outside, each at the step that came by it.
  private func tracedWakenings() -> [RunEvent] {
    notes.wakenings.compactMap { task, event in
      let next = (event.step..<max(event.step, steps.count)).first {
        steps[$0].task == task && steps[$0].reason == .foreign
      }
      guard let next else { return nil }
      var told = event
      told.step = next
      return told
    }
  }

  /// A task threw, and its error is put into words once the run is over.
  func noteThrown(_ error: UnsafeMutableRawPointer, by task: Int) {
    noteEvent(.threw, task: task, calls: [])
    notes.thrown[notes.events.count - 1] = Takeover.error(at: error)
  }

  private func callsOfTouch() -> [UInt] {
    var calls = [UInt](repeating: 0, count: 12)
    let count = il_session_touch_calls(session, &calls, calls.count)
    return Array(calls.prefix(count))
  }

  /// What the steps of the run did, in their order.
  ///
  /// - Parameter isStopped: A step was stopped, so that no code of the program may run any more:
  ///   of errors, only the types are told.
  func tracedEvents(isStopped: Bool) -> [RunEvent] {
    var told = notes.events
    for (index, error) in notes.thrown {
      told[index].text = isStopped ? "\(type(of: error))" : "\(error)"
    }
    return notes.wakenings.isEmpty ? told : tracedWakenings() + told
  }
}
