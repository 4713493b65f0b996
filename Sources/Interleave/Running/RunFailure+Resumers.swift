import InterleaveEngine

// Continuations that were resumed twice: who did it.

extension RunFailure {
  /// Says who resumed the continuation, if that is why the step was stopped.
  mutating func nameResumers(_ stop: StepStop, in trace: RunTrace) {
    let resumers = Resumers(trace)
    switch stop.cause {
    case .resumedTwice(let task):
      message =
        "Fatal error: an unsafe continuation of task \(trace.path(ofTask: Int(task))) was "
        + "resumed more than once" + resumers.words(ofTask: Int(task), then: location)
    case .signal where message.contains("to resume its continuation more than once"):
      // Of a thread beside the steps, nothing is noted.
      let task = stop.isElsewhere ? resumers.onlyForeign : stop.resumedTask
      message += resumers.words(
        ofTask: task, then: location, by: stop.isElsewhere ? Resumers.foreigner : nil)
    default: break
    }
  }

  /// The failure of a run in which a task was treated as none may be.
  init(_ offence: Offence, in trace: RunTrace) {
    let task = trace.path(ofTask: offence.task)
    let calls = [offence.calls.0, offence.calls.1, offence.calls.2, offence.calls.3]
    let place = Self.place(ofCalls: calls)
    let location = place.map { FuzzFailure.SourceLocation($0, fileID: nil) }
    let message =
      switch offence.kind {
      case .resumedTwice:
        "Fatal error: an unsafe continuation of task \(task) was resumed more than once"
          + Resumers(trace).words(
            ofTask: offence.task, then: location, by: Resumers.foreigner)
      case .queuedTwice:
        "Fatal error: the job of task \(task) was queued twice; it may run once"
      case .badChoice:
        "Fatal error: the strategy chose step \(offence.choice.index) of "
          + "\(offence.choice.count) that could run; it must choose an index below that"
      }
    self.init(
      kind: .crash, message: message, location: location,
      place: place.map { "\($0)" } ?? "\(offence.kind)", steps: offence.steps,
      isElsewhere: offence.kind == .resumedTwice)
  }

  /// The innermost of some calls that is code of the user.
  fileprivate static func place(ofCalls calls: [UInt]) -> Interleaving.Place? {
    let addresses = calls.filter { $0 != 0 }.map { CodeAddress(instruction: $0, isStart: false) }
    return Symbolicator.shared.places(of: addresses).first(where: isUsers)?.place
  }
}

/// Names those who resumed a continuation.
private struct Resumers {
  let trace: RunTrace

  init(_ trace: RunTrace) {
    self.trace = trace
  }

  /// Says who resumed the continuation of a task.
  ///
  /// - Parameters:
  ///   - task: The number of the task; nil where it is not known.
  ///   - location: Where it was resumed once more.
  ///   - who: By whom; nil for the step that was stopped.
  func words(
    ofTask task: Int?, then location: FuzzFailure.SourceLocation?, by who: String? = nil
  ) -> String {
    let second = (who ?? current) + (location.map { " at \($0)" } ?? "")
    guard let task, let first = trace.resumptions.last(where: { $0.task == task }) else {
      return "\n* the last time by \(second)"
    }
    return "\n* first by \(words(first))\n* then by \(second)"
  }

  private func words(_ first: Resumption) -> String {
    let exact = RunFailure.place(ofCalls: first.calls)
    let whereExactly = exact.map { " at \($0)" } ?? ""
    guard case .step(let index) = first.origin else {
      return (first.origin == .foreign ? Self.foreigner : handler) + whereExactly
    }
    let steps = trace.steps
    guard steps.indices.contains(index) else { return "the body" }
    let step = steps[index]
    let place =
      exact.map { " at \($0)" }
      ?? Symbolicator.shared.place(of: .start(step.key.resume)).place
      .map { ", which went on at \($0)," } ?? ""
    return "task \(trace.path(ofTask: step.key.task)) in step \(index + 1)\(place)"
  }

  static let foreigner = "a thread that the run does not control"

  /// The only task that such a thread let go on; nil where there are more, or none.
  var onlyForeign: Int? {
    let tasks = Set(trace.resumptions.filter { $0.origin == .foreign }.map(\.task))
    return tasks.count == 1 ? tasks.first : nil
  }

  private var handler: String {
    let task = trace.cancellation.map { " \(trace.path(ofTask: $0.task))" } ?? ""
    return "the cancellation handler of task\(task), which the run cancelled,"
  }

  /// Who was stopped.
  private var current: String {
    if trace.isCancelling { return handler }
    let steps = trace.steps
    guard let last = steps.last else { return "the body" }
    return "task \(trace.path(ofTask: last.key.task)) in step \(steps.count)"
  }
}
