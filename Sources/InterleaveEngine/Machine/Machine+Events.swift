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
    guard progress.currentStep >= 0, events.count < Self.mostEvents else { return }
    events.append(
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

  /// A task threw, and its error is put into words once the run is over.
  func noteThrown(_ error: UnsafeMutableRawPointer, by task: Int) {
    noteEvent(.threw, task: task, calls: [])
    thrown[events.count - 1] = Takeover.error(at: error)
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
    guard !thrown.isEmpty else { return events }
    var told = events
    for (index, error) in thrown {
      told[index].text = isStopped ? "\(type(of: error))" : "\(error)"
    }
    return told
  }
}
