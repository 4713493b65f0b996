import InterleaveEngine

/// Looks at the program around each step of a run.
///
/// Before and after a step the stored properties of the actor that it runs on are
/// printed, by reflection, and those of the objects that it holds; also of those objects of its
/// that the test watches. No other step can run in between, so what differs is what the step did.
/// Also, a task that goes on in code of the runtime is looked up in its asynchronous callers, until
/// one is code of the user.
final class StepInspector {
  private(set) var sights = StepSights()
  /// How far objects are looked into that actors hold.
  private let depth: Int
  private var watched: [WatchedObject] = []
  private var looks: [Look] = []
  /// How far the objects were looked into.
  private var depthBefore = 0
  /// How many parts of each value are looked at.
  private var parts = ValuePrinter.mostParts

  /// After so many steps, less is looked at: what takes a moment for each of a few steps takes minutes
  /// where there are many.
  private static let stepsLookedAtClosely = 2_000
  private static let partsOfLaterSteps = 100

  /// An object that belongs to an executor.
  private struct WatchedObject {
    weak var object: AnyObject?
    let executor: UInt
    /// What stands before the names of its properties.
    let name: String
  }

  /// An object that is looked at around a step, and what it was before.
  private struct Look {
    var subject: () -> AnyObject?
    var name = ""
    var before: StoredProperties
  }

  /// - Parameter depth: How far objects are looked into that actors hold: 0 for not at all.
  init(depth: Int = 2) {
    self.depth = depth
  }

  /// Looks at an object around the steps of its executor, as long as it lives.
  func watch(_ object: AnyObject, on executor: UInt) {
    guard !watched.contains(where: { $0.object === object }) else { return }
    let type = TypeName.short(_typeName(Swift.type(of: object)))
    let namesakes = watched.count { $0.name == "\(type)." || $0.name.hasPrefix("\(type)#") }
    let name = namesakes == 0 ? "\(type)." : "\(type)#\(namesakes + 1)."
    watched.append(WatchedObject(object: object, executor: executor, name: name))
  }

  func stepWillBegin(_ machine: Machine, task: Int, executor: UInt, actor: UInt) {
    sights.callers[machine.stepCount] = machine.backtrace(of: task, limit: 16)
    // What prints a property may want a lock that an interrupted step holds.
    guard !machine.hasParkedLocks else { return stopLooking() }
    parts =
      machine.stepCount < Self.stepsLookedAtClosely
      ? ValuePrinter.mostParts : Self.partsOfLaterSteps
    beginLooking(at: actor, on: executor, depth: machine.isAlone ? depth : 0)
  }

  /// Takes down the properties of the actor at an address, and of what is watched on an executor; 0
  /// is none.
  func beginLooking(at actor: UInt, on executor: UInt = 0, depth: Int = 0) {
    stopLooking()
    depthBefore = depth
    if let subject = Takeover.object(at: actor) as? any Actor {
      looks.append(
        Look(
          subject: { subject }, before: StoredProperties(of: subject, depth: depth, parts: parts)))
    }
    guard executor != 0 else { return }
    for watched in watched where watched.executor == executor {
      guard let object = watched.object, looks.first?.subject() !== object else { continue }
      looks.append(
        Look(
          subject: { [weak object] in object }, name: watched.name,
          before: StoredProperties(of: object, named: watched.name, depth: depth, parts: parts)))
    }
  }

  /// Gives up what was taken down: it is not known whose doing it is that it has changed.
  func stopLooking() { looks.removeAll(keepingCapacity: true) }

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
    defer { stopLooking() }
    for look in looks {
      guard let subject = look.subject() else { continue }
      let now = StoredProperties(
        of: subject, named: look.name, depth: min(depth, depthBefore), parts: parts)
      let found = now.changes(since: look.before)
      if !found.isEmpty { sights.changes[index, default: []] += found }
    }
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
