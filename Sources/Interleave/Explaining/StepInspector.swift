import InterleaveEngine

/// Looks at the program around each step of a run.
///
/// Before and after a step the stored properties of the actor that it runs on are
/// printed, by reflection, and those of the objects that it holds. No other step can run in
/// between, so what differs is what the step did. Also, a task that goes on in code of the runtime
/// is looked up in its asynchronous callers, until one is code of the user.
final class StepInspector {
  private(set) var sights = StepSights()
  /// How far objects are looked into that actors hold.
  private let depth: Int
  private var subject: (any Actor)?
  private var before: StoredProperties?
  /// How far the subject was looked into.
  private var depthBefore = 0

  /// - Parameter depth: How far objects are looked into that actors hold: 0 for not at all.
  init(depth: Int = 2) {
    self.depth = depth
  }

  func stepWillBegin(_ machine: Machine, task: Int, actor: UInt) {
    sights.callers[machine.stepCount] = machine.backtrace(of: task, limit: 16)
    // What prints a property may want a lock that an interrupted step holds.
    beginLooking(
      at: machine.hasParkedLocks ? 0 : actor, depth: machine.isAlone ? depth : 0)
  }

  /// Takes down the properties of the actor at an address; 0 is none.
  func beginLooking(at actor: UInt, depth: Int = 0) {
    subject = Takeover.object(at: actor) as? any Actor
    before = subject.map { StoredProperties(of: $0, depth: depth) }
    depthBefore = depth
  }

  /// Gives up what was taken down: it is not known whose doing it is that it has changed.
  func stopLooking() { subject = nil }

  func note(_ text: String, step: Int) {
    sights.notes[step, default: []].append(text)
  }

  /// Notes what the last step has printed, a line each.
  func takePrinted(_ machine: Machine) {
    guard let (text, left) = machine.takePrinted() else { return }
    let step = max(0, machine.stepCount - 1)
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for line in lines.prefix(Self.mostLines) {
      note("prints \(String(reflecting: line))", step: step)
    }
    let more = lines.count - Self.mostLines
    let rest = [
      more > 0 ? counted(more, "more line") : nil, left > 0 ? counted(left, "more byte") : nil,
    ]
    .compactMap(\.self)
    if !rest.isEmpty { note("prints \(rest.joined(separator: " and "))", step: step) }
  }

  /// So many lines are told of what a step prints.
  private static let mostLines = 12

  func stepDidEnd(_ machine: Machine) {
    stepDidEnd(index: machine.stepCount - 1, depth: machine.isAlone ? depth : 0)
  }

  /// - Parameters:
  ///   - index: The index of the step.
  ///   - depth: How far objects may be looked into by now: the step may have let others at them.
  func stepDidEnd(index: Int, depth: Int = 0) {
    guard let subject, let before else { return }
    self.subject = nil
    let found = StoredProperties(of: subject, depth: min(depth, depthBefore))
      .changes(since: before)
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
