import InterleaveEngine

/// Looks at the program around each step of a run.
///
/// Before and after a step the stored properties of the actor that it runs on are
/// printed, by reflection. No other step can run in between, so what differs is
/// what the step did. Also, a task that goes on in code of the runtime is looked
/// up in its asynchronous callers, until one is code of the user.
final class StepInspector {
  private(set) var sights = StepSights()
  private var subject: (any Actor)?
  private var before: StoredProperties?

  func stepWillBegin(_ machine: Machine, task: Int, actor: UInt) {
    sights.callers[machine.stepCount] = machine.backtrace(of: task, limit: 16)
    beginLooking(at: actor)
  }

  /// Takes down the properties of the actor at an address; 0 is none.
  func beginLooking(at actor: UInt) {
    subject = Takeover.object(at: actor) as? any Actor
    before = subject.map { StoredProperties(of: $0) }
  }

  /// Gives up what was taken down: it is not known whose doing it is that it has changed.
  func stopLooking() { subject = nil }

  func note(_ text: String, step: Int) {
    sights.notes[step, default: []].append(text)
  }

  func stepDidEnd(index: Int) {
    guard let subject, let before else { return }
    self.subject = nil
    let found = StoredProperties(of: subject).changes(since: before)
    if !found.isEmpty { sights.changes[index] = found }
  }
}

/// What was seen of the steps of a run while it went on.
struct StepSights: Sendable {
  /// What each step changed, by the index of the step.
  var changes: [Int: [Interleaving.Change]] = [:]
  /// The asynchronous callers of each step's task, by the index of the step.
  var callers: [Int: [UInt]] = [:]
  /// What checkpoints and test doubles said of each step, by the index of the step.
  var notes: [Int: [String]] = [:]
}
