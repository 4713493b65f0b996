import CInterleave

/// What a program may not do to its tasks, and would break them by.
package struct Offence: Sendable {
  package enum Kind: UInt8, Sendable {
    /// A thread that the run does not control resumed a continuation once more.
    case resumedTwice
    /// A job was queued that is queued already.
    case queuedTwice
    /// A strategy chose a step that there is not.
    case badChoice
  }

  package var kind: Kind
  package var task: Int
  /// How many steps had begun.
  package var steps: Int
  /// The addresses of calls of the thread that did it, innermost first; 0 where there is none.
  package var calls: (UInt, UInt, UInt, UInt) = (0, 0, 0, 0)
  /// What a strategy chose, and of how many steps.
  package var choice = (index: 0, count: 0)
}

/// Who let a task go on that waited.
package struct Resumption: Sendable, Hashable {
  package var task: Int
  package enum Origin: Sendable, Hashable {
    case step(Int)
    /// A handler of the task that the run cancelled.
    case cancellation
    /// A thread that the run does not control.
    case foreign
  }

  package var origin: Origin
  /// Addresses within the calls by which it was done, innermost first, as far as they are known.
  package var calls: [UInt]
}

extension Machine {
  /// The running step is about to resume an unsafe continuation.
  ///
  /// - Parameter job: The address of its task, which may have ended long ago.
  /// - Returns: The number of the task where its continuation had been resumed.
  func resumed(_ job: UInt) -> Int? {
    guard let index = taskIndex[job] else { return nil }
    guard !tasks[index].hasEnded, let record = tasks[index].record else { return index }
    if il_note_resumed(record) { return index }
    // Where it is resumed before it waits, nothing makes it ready.
    tasks[index].resumer = resumer
    return nil
  }

  /// The program did what it may not.
  func offend(
    _ kind: Offence.Kind, task: Int, calls: (UInt, UInt, UInt, UInt) = (0, 0, 0, 0),
    choice: (index: Int, count: Int) = (0, 0)
  ) {
    guard progress.offence == nil else { return }
    progress.offence = Offence(
      kind: kind, task: task, steps: steps.count, calls: calls, choice: choice)
    fail()
  }

  /// A strategy chose what there is not.
  ///
  /// - Returns: What is chosen instead.
  func refuse(_ pick: Int) -> Int {
    offend(.badChoice, task: 0, choice: (pick, enabled.count))
    return 0
  }

  /// What the program did in the last run that it may not.
  package var offence: Offence? { progressStorage.pointee.offence }

  /// Waits for a thread that the last run has let out of its control to crash, or to offend.
  ///
  /// - Parameter nanoseconds: For how long at most.
  package func awaitCrashElsewhere(_ nanoseconds: Int64) {
    while hasEscapes, !progress.hasCrashElsewhere, offence == nil,
      il_wait_foreign(session, nanoseconds, false)
    {
      takeForeign()
    }
  }

  /// The times that somebody let a task go on which waited, in the order of its steps.
  func resumptions() -> [Resumption] {
    takeResumerCalls()
    var all = steps.elements.filter { $0.reason == .resumed && $0.cause >= 0 }.map {
      Resumption(task: Int($0.task), origin: .step(Int($0.cause)), calls: [])
    }
    for (index, state) in tasks.elements.enumerated() where state.resumer != -1 {
      let origin: Resumption.Origin =
        switch state.resumer {
        case TaskState.cancelling: .cancellation
        case TaskState.foreign: .foreign
        default: .step(Int(state.resumer))
        }
      // Whether it has gone on since or not, it is known better from there.
      all.removeAll { $0.task == index && $0.origin == origin }
      all.append(Resumption(task: index, origin: origin, calls: notes.resumerCalls[index] ?? []))
    }
    return all
  }

  /// Notes, in all runs from now on, what steps do (``RunEvent``), and by which calls
  /// continuations are resumed.
  package var notesResumers: Bool {
    get { progress.notesResumers }
    set {
      progress.notesResumers = newValue
      resumersSeen = 0
      il_session_note_resumers(session, newValue)
    }
  }

  /// Takes what was noted for the tasks that went on.
  func takeResumerCalls() {
    var calls = [UInt](repeating: 0, count: 8)
    for (index, state) in tasks.elements.enumerated() where state.resumer != -1 {
      let count = il_session_resumer_calls(session, UInt32(index), &calls, calls.count)
      if count > 0, state.resumer != TaskState.foreign {
        notes.resumerCalls[index] = Array(calls.prefix(count))
      }
    }
  }

  /// A thread that the run does not control let a task go on.
  func noteForeignResumer(
    ofTask index: Int, _ calls: [UInt], _ name: @autoclosure () -> String
  ) {
    tasks[index].resumer = TaskState.foreign
    guard progress.notesResumers else { return }
    notes.resumerCalls[index] = calls.filter { $0 != 0 }.map { $0 - 1 }
    noteWakening(of: index, calls, by: name())
  }

  /// The step that is running, as ``TaskState/resumer`` has it.
  @inline(__always)
  var resumer: Int32 {
    progress.currentStep < 0 && isCancelling ? TaskState.cancelling : progress.currentStep
  }

  /// The run is cancelling a task, between two steps.
  var isCancelling: Bool {
    progress.currentStep < 0 && progress.cancelledTask >= 0
      && Int(progress.stepsBeforeCancellation) == steps.count
  }
}
