/// Two places in code whose steps met on an actor, in the order in which they ran there.
package struct OrderOfPlaces: Sendable, Hashable {
  /// Where the step goes on that ran first; for a new task's, where its closure begins.
  package var first: UInt
  /// The same of the one that ran later.
  package var second: UInt

  package init(first: UInt, second: UInt) {
    self.first = first
    self.second = second
  }

  /// The other order of the same places.
  package var reversed: OrderOfPlaces { OrderOfPlaces(first: second, second: first) }
}

/// What runs have shown of the orders in which steps of different tasks ran on one actor.
///
/// An order of two places was seen where a step at one ran before a step of another task at the
/// other, on the same actor of the same run. Two places are known to run in either order once two
/// such steps were a race as ``StepTrace`` has it: one came right after the other on their actor,
/// and nothing but that put them in this order. That is judged only in runs of whole steps that the
/// dependency relation covers.
package final class OrdersOnActors {
  /// In a longer run, nothing is looked at.
  package static let mostSteps = 1_024
  /// Where steps go on at more places on one actor, nothing is told of the run.
  private static let mostPlaces = 64

  /// A place at which steps on an actor went on in the run, and the next one on the same actor.
  private struct Visited {
    var place: UInt
    /// The task whose steps they were; -1 for several.
    var task: Int32
    var next: Int32
  }

  private struct Lane {
    var visited: Int32 = -1
    var count: Int32 = 0
    /// The last step.
    var last: Int32 = -1
  }

  /// What is known: 1 for an order that was seen, 2 where it was a race.
  private let known = AddressTable()
  private var news: [OrderOfPlaces: Bool] = [:]

  // The run that is looked at.
  private let lanes = Column<Lane>()
  private let visited = Column<Visited>()
  /// For each step, the step that came next on its executor; -1 for none.
  private let following = Column<Int32>()
  private let past = PastOfSteps()

  package init() {}

  deinit {
    known.deallocate()
    lanes.deallocate()
    visited.deallocate()
    following.deallocate()
  }

  /// Looks at the last run of a machine.
  ///
  /// - Returns: The orders that no run had shown, each with whether it was a race, and those of
  ///   which that has only become known; nil where the run was not looked at.
  package func look(at machine: Machine) -> [OrderOfPlaces: Bool]? {
    let count = machine.steps.count
    guard count <= Self.mostSteps else { return nil }
    lanes.removeAll()
    lanes.append(repeating: Lane(), count: machine.executors.count)
    visited.removeAll()
    following.removeAll()
    following.append(repeating: -1, count: count)
    news.removeAll(keepingCapacity: true)
    let judges = machine.isCoveredByRelation
    if judges { past.begin(machine) }
    for index in 0..<count {
      if judges { past.add(index, of: machine) }
      let step = machine.steps[index]
      if machine.executors[Int(step.executor)].isMailbox {
        let lane = lanes.pointer(at: Int(step.executor))
        let last = Int(lane.pointee.last)
        if last >= 0 { following[last] = Int32(index) }
        let isRace =
          judges && last >= 0 && !past.isForced(last) && !isBehind(index, last, in: machine)
        guard visit(lane, index, of: machine, racingWith: isRace ? last : nil) else { return nil }
        lane.pointee.last = Int32(index)
      }
      if judges { past.end(index, of: machine) }
    }
    for (order, isRace) in news { known.set(Self.key(order), to: isRace ? 2 : 1) }
    return news
  }

  /// Notes in which orders a step has run after others on its actor.
  ///
  /// - Parameter other: The step before, where it could have run after this one.
  /// - Returns: There are not too many places.
  private func visit(
    _ lane: UnsafeMutablePointer<Lane>, _ index: Int, of machine: Machine, racingWith other: Int?
  ) -> Bool {
    let task = machine.steps[index].task
    let place = machine.place(ofStep: index)
    let raced = other.map(machine.place(ofStep:))
    var isKnown = false
    var next = lane.pointee.visited
    while next >= 0 {
      let before = visited.pointer(at: Int(next))
      next = before.pointee.next
      if before.pointee.place == place {
        isKnown = true
        if before.pointee.task != task { before.pointee.task = -1 }
      } else if before.pointee.task != task {
        note(
          OrderOfPlaces(first: before.pointee.place, second: place),
          isRace: before.pointee.place == raced)
      }
    }
    guard !isKnown else { return true }
    visited.append(Visited(place: place, task: task, next: lane.pointee.visited))
    lane.pointee.visited = Int32(visited.count - 1)
    lane.pointee.count += 1
    return lane.pointee.count <= Self.mostPlaces
  }

  private func note(_ order: OrderOfPlaces, isRace: Bool) {
    if let level = known[Self.key(order)], level == 2 || !isRace { return }
    news[order] = news[order] ?? false || isRace
  }

  private static func key(_ order: OrderOfPlaces) -> UInt {
    UInt(mix(mix(UInt64(order.first), 0), UInt64(order.second)))
  }

  /// A step had arrived on its actor before another one in any case, and so had to run first.
  private func isBehind(_ index: Int, _ first: Int, in machine: Machine) -> Bool {
    machine.progress.settings.mailboxes == .asRuntime
      && machine.latestArrival(ofStep: first) { Int(following[$0]) }
        < machine.moments[index].earliest
  }
}

extension Machine {
  /// The relation covers all that was noticed in the run, and no step was interrupted inside.
  fileprivate var isCoveredByRelation: Bool {
    limits.subtracting(.interruptions).isEmpty
      && !steps.elements.contains { $0.reason == .interrupted }
  }

  /// Where a step goes on; for a new task's, where its closure begins.
  fileprivate func place(ofStep index: Int) -> UInt {
    let step = steps[index]
    guard step.reason == .created else { return step.resume }
    let entry = tasks[Int(step.task)].entry
    return entry == 0 ? step.resume : entry
  }
}

/// What happens before each step of a run, but for the order on the actor on which it runs.
private final class PastOfSteps {
  private let rows = Column<UInt64>()
  /// For each object, all that those happen after who touched it in either of two ways, they
  /// included: see ``RunHash``.
  private let objects = Column<UInt64>()
  private var width = 0
  private var places = 0
  /// The step that was added last.
  private var row = 0

  deinit {
    rows.deallocate()
    objects.deallocate()
  }

  func begin(_ machine: Machine) {
    let count = machine.steps.count
    width = (count + 63) / 64
    places = TouchedObject.places(executors: machine.executors.count, tasks: machine.tasks.count)
    rows.removeAll()
    rows.append(repeating: 0, count: width * count)
    objects.removeAll()
    objects.append(repeating: 0, count: 2 * width * (places + machine.progress.locks + 1))
  }

  /// Gathers what happens before the next step, its actor left out.
  func add(_ index: Int, of machine: Machine) {
    row = index * width
    let step = machine.steps[index]
    if step.cause >= 0 {
      join(rows, Int(step.cause) * width, into: rows, row)
      rows[row + Int(step.cause) / 64] |= 1 << UInt64(step.cause % 64)
    }
    machine.forEachTouch(ofStep: index, besidesExecutor: true) { gather($0, $1) }
  }

  /// A step happens before the one that was added last, whatever the order on their actor.
  func isForced(_ step: Int) -> Bool { rows[row + step / 64] >> UInt64(step % 64) & 1 != 0 }

  /// Adds what happens before it by the order on its actor, and lets others happen after it.
  func end(_ index: Int, of machine: Machine) {
    gather(machine.executorObject(ofStep: index).name, .exclusive)
    rows[row + index / 64] |= 1 << UInt64(index % 64)
    machine.forEachTouch(ofStep: index, besidesExecutor: false) { leave($0, $1) }
  }

  @inline(__always)
  private func gather(_ object: UInt, _ mode: AccessMode) {
    let place = place(of: object)
    if mode != .first { join(objects, place, into: rows, row) }
    if mode != .second { join(objects, place + width, into: rows, row) }
  }

  @inline(__always)
  private func leave(_ object: UInt, _ mode: AccessMode) {
    let place = place(of: object)
    if mode != .second { join(rows, row, into: objects, place) }
    if mode != .first { join(rows, row, into: objects, place + width) }
  }

  @inline(__always)
  private func place(of object: UInt) -> Int {
    let number =
      object < TouchedObject.firstLock
      ? TouchedObject.place(of: object) : places + Int(object & (TouchedObject.firstLock - 1))
    return 2 * width * number
  }

  @inline(__always)
  private func join(_ from: Column<UInt64>, _ start: Int, into: Column<UInt64>, _ place: Int) {
    // Both are as long as `begin` has made them.
    let (from, into) = (from.base + start, into.base + place)
    for word in 0..<width { into[word] |= from[word] }
  }
}

extension Machine {
  /// Calls the body with what a step touched.
  ///
  /// - Parameter besidesExecutor: The actor on which it runs is left out.
  @inline(__always)
  fileprivate func forEachTouch(
    ofStep index: Int, besidesExecutor: Bool, _ body: (UInt, AccessMode) -> Void
  ) {
    let step = steps.known(at: index)
    let own = executorObject(ofStep: index).name
    if !besidesExecutor { body(own, .exclusive) }
    body(TouchedObject.task(step.pointee.task).name, .exclusive)
    if progress.hasTimers {
      body(TouchedObject.time.name, step.pointee.reason == .timer ? .exclusive : .first)
    }
    for index in touchesOfStep(index) {
      let touch = touches.known(at: index).pointee
      if touch.object != own { body(touch.object, touch.mode) }
    }
  }
}
