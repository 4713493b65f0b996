/// A step that does several things between which another task's steps could come.
///
/// The machine runs each step as a whole. The real runtime runs steps of different tasks at
/// the same time, so that what a step wakes, or lets go of a lock to, may act before the step
/// goes on. That leads to something new only in this way: of two things that a step does, the
/// first is followed by steps of others that depend on it, one after the other, and the last
/// of those touches what the second is about. In a run in which there is no such chain, every
/// order in which the parts of steps could have run amounts to one of whole steps (Lipton:
/// "Reduction: a method of proving properties of parallel programs", 1975).
///
/// What keeps others out is no division: an actor belongs to a step from its beginning to its
/// end. And it makes no difference whether something came before a step was suspended or
/// after, since it goes on at once: unless it runs on an actor, for which others may be
/// waiting by then.
package struct DividedStep: Sendable, Hashable {
  /// The index of the step in its run.
  package var step: Int
  /// Where the step begins: the address of its code.
  package var resume: UInt
  /// Where its task was made: the address after the call.
  package var site: UInt
}

extension Machine {
  /// The first step of the run that has just ended that others could divide.
  ///
  /// - Parameter traced: The run.
  package func dividedStep(in traced: [StepTrace.Step]) -> DividedStep? {
    if let step = cancelledInTheMidst { return divided(step) }
    for step in 0..<steps.count {
      var division = DivisionSearch(machine: self, step: step)
      if division.isDivided(in: traced) { return divided(step) }
    }
    return nil
  }

  private func divided(_ step: Int) -> DividedStep {
    DividedStep(
      step: step, resume: steps[step].resume, site: tasks[Int(steps[step].task)].site)
  }

  /// A step that did something and then took away what handled its cancellation, of a task that was
  /// cancelled: in between that may have been handled, which nothing else tells.
  private var cancelledInTheMidst: Int? {
    tasks.elements.first { $0.isSeenCancelled && $0.endOfHandling >= 0 }.map {
      Int($0.endOfHandling)
    }
  }
}

/// Looks for what could come between two things that one step does.
///
/// Something that a step does has a position: its place in the list of all touches. What it
/// makes ready has that of the touch before.
private struct DivisionSearch {
  private let machine: Machine
  private let step: Int
  private let task: Int32
  /// The mailbox that the step keeps to itself; -1 for none.
  private let mailbox: Int32
  /// What it does that others may depend on.
  private let operations: Range<Int>

  /// For each later step that could run before this one goes on, the position of the first
  /// thing that it depends on; `Int.max` for one that it does not depend on.
  private var reached: [Int]
  /// For each later step, the position of the last thing without which it would not be.
  ///
  /// That is what made it ready, or a step that it goes back to.
  private var origin: [Int]
  /// The same for each object that such steps touched, in either mode, and for their tasks
  /// and mailboxes.
  private var objects: [UInt: Reached] = [:]

  private struct Reached {
    var first = Int.max
    var second = Int.max
  }

  init(machine: Machine, step: Int) {
    self.machine = machine
    self.step = step
    task = machine.steps[step].task
    let executor = machine.steps[step].executor
    mailbox = machine.executors[Int(executor)].isMailbox ? executor : -1
    operations = machine.touchesOfStep(step)
    reached = []
    origin = []
  }

  mutating func isDivided(in traced: [StepTrace.Step]) -> Bool {
    // Only after something that it did can something else come, and only what it woke or
    // touched tells of that.
    guard step + 1 < machine.steps.count else { return false }
    // Most steps do nothing that others can tell from its not having been done.
    guard
      (mailbox >= 0 && machine.steps[step].end == .suspended)
        || operations.contains(where: { isOperation(machine.touches[$0]) })
    else { return false }
    reached = Array(repeating: .max, count: machine.steps.count)
    origin = Array(repeating: -1, count: machine.steps.count)
    var last: [Int32: Int] = [:]
    for later in step + 1..<machine.steps.count where canRunBeside(later) {
      origin[later] = origin(of: later, after: last[machine.steps[later].task])
      last[machine.steps[later].task] = later
      let position = min(dependence(of: later), inheritedDependence(of: later))
      guard position < .max else { continue }
      reached[later] = position
      leave(position, by: later)
      if meetsMore(later, after: position) { return true }
    }
    return wasWokenBesideOthers(in: traced)
  }

  private func origin(of later: Int, after previous: Int?) -> Int {
    let cause = Int(machine.steps[later].cause)
    let before = previous.map { origin[$0] } ?? -1
    if cause > step { return max(before, origin[cause]) }
    return cause == step ? max(before, position(ofCause: later)) : before
  }

  /// The position of what made a later step ready.
  private func position(ofCause later: Int) -> Int {
    let touches = machine.moments[later].causeTouches
    return touches <= operations.upperBound ? touches - 1 : .max
  }

  private func canRunBeside(_ later: Int) -> Bool {
    machine.steps[later].task != task
      && (mailbox < 0 || machine.steps[later].executor != mailbox)
  }

  // MARK: What a later step depends on

  /// The position of the first thing that the step did on which a later one depends.
  private func dependence(of later: Int) -> Int {
    var position = Int.max
    if machine.steps[later].cause == step { position = self.position(ofCause: later) }
    for index in operations where index < position {
      let touch = machine.touches[index]
      guard isOperation(touch) else { continue }
      if conflicts(touch, with: later, isFirst: true) { position = index }
    }
    return position
  }

  /// The same by way of steps between the two.
  private func inheritedDependence(of later: Int) -> Int {
    var position = Int.max
    let cause = Int(machine.steps[later].cause)
    if cause > step { position = reached[cause] }
    for (object, mode) in touched(by: later) {
      guard let reached = objects[object] else { continue }
      if mode != .first { position = min(position, reached.first) }
      if mode != .second { position = min(position, reached.second) }
    }
    return position
  }

  private mutating func leave(_ position: Int, by later: Int) {
    for (object, mode) in touched(by: later) {
      var reached = objects[object] ?? Reached()
      if mode != .second { reached.first = min(reached.first, position) }
      if mode != .first { reached.second = min(reached.second, position) }
      objects[object] = reached
    }
  }

  /// What orders a later step and others beside the step that is looked at: all that is
  /// outside of actors is no object, but for what is noted as touched there.
  private func touched(by later: Int) -> [(UInt, AccessMode)] {
    let step = machine.steps[later]
    var objects = [(TouchedObject.task(step.task).name, AccessMode.exclusive)]
    if machine.executors[Int(step.executor)].isMailbox {
      objects.append((TouchedObject.executor(step.executor).name, .exclusive))
    }
    for index in machine.touchesOfStep(later) {
      let touch = machine.touches[index]
      if touch.object != TouchedObject.time.name { objects.append((touch.object, touch.mode)) }
    }
    return objects
  }

  // MARK: What the step does after that

  /// The step did something after a position that a later step depends on, too.
  private func meetsMore(_ later: Int, after position: Int) -> Bool {
    operations.contains { index in
      let touch = machine.touches[index]
      return index > max(position, origin[later]) && isOperation(touch)
        && conflicts(touch, with: later, isFirst: false)
    }
  }

  private func kind(_ touch: Touch) -> UInt {
    touch.object < TouchedObject.firstLock ? (touch.object & 0x7F) >> 4 : 0
  }

  /// Something that the step did at that moment, and that others can tell from its not having
  /// been done: it took a lock, sent to a mailbox, cancelled, asked whether a task is
  /// cancelled, drew at random, ended as a child.
  ///
  /// A hop arrives any time later, whatever comes between. Whether what is awaited has ended is a
  /// matter of order, too: see ``wasWokenBesideOthers(in:)``.
  private func isOperation(_ touch: Touch) -> Bool {
    switch kind(touch) {
    case 0, 3, 5: true
    case 2: touch.mode == .exclusive
    // To cancel a task is to touch that, too.
    case 7: touch.mode == .first
    default: false
    }
  }

  /// A later step touched the same.
  ///
  /// - Parameter isFirst: The later step is to have come right after, and not right before. A
  ///   hop may be on its way for a while, so that one that comes after could have come before.
  private func conflicts(_ touch: Touch, with later: Int, isFirst: Bool) -> Bool {
    if kind(touch) == 3, !isOwnEnd(touch),
      touch.object == TouchedObject.task(machine.steps[later].task).name
    {
      return true
    }
    let asked = kind(touch) == 3 ? touch.object | TouchedObject.cancellation(0).name : 0
    return machine.touchesOfStep(later).contains { index in
      let other = machine.touches[index]
      if other.object == asked { return true }
      guard other.object == touch.object, other.mode.conflicts(with: touch.mode) else {
        return false
      }
      return kind(touch) != 2 || other.mode == .exclusive || (!isFirst && other.mode == .first)
    }
  }

  /// It tells the parent that the task has ended.
  private func isOwnEnd(_ touch: Touch) -> Bool {
    let parent = machine.tasks[Int(task)].parent
    return parent >= 0 && touch.object == TouchedObject.task(parent).name
      && machine.tasks[Int(task)].isChild
  }

  // MARK: Suspensions

  /// On an actor, the step was suspended until one of those that could run beside it woke it.
  ///
  /// Had that come earlier, it would have kept the actor, before which others were waiting.
  private func wasWokenBesideOthers(in traced: [StepTrace.Step]) -> Bool {
    guard mailbox >= 0, machine.steps[step].end == .suspended,
      let next = nextStep(after: step)
    else { return false }
    let cause = Int(machine.steps[next].cause)
    guard cause > step, reached[cause] < .max else { return false }
    var back = next
    if machine.steps[next].executor != mailbox {
      // What waited for a task wakes outside of the actor, and hops to it from there.
      guard machine.steps[next].end == .hopped, let hop = nextStep(after: next) else {
        return false
      }
      back = hop
    }
    guard machine.steps[back].executor == mailbox else { return false }
    return (step + 1..<back).contains { other in
      machine.steps[other].executor == mailbox && traced[back].isBehind(traced[other])
    }
  }

  private func nextStep(after index: Int) -> Int? {
    (index + 1..<machine.steps.count).first { machine.steps[$0].task == task }
  }
}
