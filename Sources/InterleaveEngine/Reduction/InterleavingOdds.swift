import CInterleave

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// What a run that was drawn at random says of how many interleavings there are.
///
/// One divided by the probability with which a walk comes to an interleaving is on average, over
/// all walks, exactly the number of interleavings. So random descents are weighed by what they
/// passed over (Knuth: "Estimating the efficiency of backtrack programs", 1975), but for
/// interleavings in place of schedules: the probabilities of all schedules that are one interleaving
/// are added up, so that the numbers differ far less from walk to walk than those of schedules.
///
/// Where walks of two kinds were made, what counts is how likely the one or the other comes to the
/// interleaving (Veach, Guibas: "Optimally combining sampling techniques for Monte Carlo rendering",
/// SIGGRAPH 1995): what one of them hardly ever draws says little, but the other may draw it often.
package struct InterleavingOdds: Sendable, Hashable {
  /// The natural logarithms of the probabilities with which a ``RandomWalk`` and a
  /// ``StratifiedWalk`` come to the interleaving of the run.
  package var uniform: Double
  package var byPlace: Double
  /// The latter has made the run.
  package var isByPlace: Bool

  package init(uniform: Double, byPlace: Double, isByPlace: Bool) {
    self.uniform = uniform
    self.byPlace = byPlace
    self.isByPlace = isByPlace
  }
}

/// Looks at runs for their odds.
///
/// The schedules of an interleaving are the orders of its steps in which those that depend on each
/// other keep theirs. After any part of the steps that can come first, the same steps can run in
/// all of them, since whatever does not is still to come.
package final class OddsOfRuns {
  /// Of longer runs, nothing is told.
  private static let mostSteps = 512

  /// After so many runs that were too wide, none is looked at.
  private static let mostFailures = 3

  private var failures = 0
  private let steps = Column<il_counted_step>()
  private let touches = Column<il_counted_touch>()
  private let holds = Column<il_counted_hold>()
  /// The number of each executor's chain, from 1 on, and the last step of each task and each
  /// executor.
  private let chains = Column<Int32>()
  private let lastOfTask = Column<Int32>()
  private let following = Column<Int32>()
  private var memory = il_odds_memory()

  package init() {}

  deinit {
    steps.deallocate()
    touches.deallocate()
    holds.deallocate()
    chains.deallocate()
    lastOfTask.deallocate()
    following.deallocate()
    il_odds_forget(&memory)
  }

  /// Looks at a run that has just ended.
  ///
  /// - Parameter strategy: What made its choices.
  /// - Returns: Nil where they are not known: of choices that were made in another way, of a run that
  ///   the dependency relation does not cover, and of one that is too long or too wide.
  package func look(
    at machine: Machine, drawnBy strategy: any Strategy
  ) -> InterleavingOdds? {
    guard let isByPlace = Self.drawsByPlace(strategy), failures < Self.mostFailures,
      machine.stepCount > 0,
      machine.stepCount <= Self.mostSteps, machine.limits.subtracting(.sharing).isEmpty,
      machine.cancellation == nil, !machine.inside.holdsMore
    else { return nil }
    let count = list(machine)
    listHolds(machine)
    let places = TouchedObject.places(
      executors: machine.executors.count, tasks: machine.tasks.count)
    let odds = il_odds_of_run(
      il_counted_run(
        steps: steps.pointer(at: 0), touches: touches.isEmpty ? nil : touches.pointer(at: 0),
        holds: holds.isEmpty ? nil : holds.pointer(at: 0), step_count: Int32(steps.count),
        touch_count: Int32(touches.count), hold_count: Int32(holds.count), chain_count: count,
        object_count: Int32(places + machine.progress.locks + 2)), &memory)
    guard odds.uniform.part > 0, odds.by_place.part > 0 else {
      failures += 1
      return nil
    }
    return InterleavingOdds(
      uniform: odds.uniform.logarithm, byPlace: odds.by_place.logarithm, isByPlace: isByPlace)
  }

  /// A strategy has made the choices of the last run of which it is known how likely they are.
  package func areKnown(of strategy: any Strategy) -> Bool {
    Self.drawsByPlace(strategy) != nil
  }

  /// The walk draws among places first, or among all steps; nil for another kind of choices.
  private static func drawsByPlace(_ strategy: any Strategy) -> Bool? {
    switch (strategy as? Portfolio)?.lastStrategy ?? strategy {
    case is RandomWalk: false
    case is StratifiedWalk: true
    default: nil
    }
  }

  /// Lists the steps and what they touched.
  ///
  /// - Returns: How many chains there are.
  private func list(_ machine: Machine) -> Int32 {
    steps.removeAll()
    touches.removeAll()
    chains.removeAll()
    chains.append(repeating: 0, count: machine.executors.count)
    lastOfTask.removeAll()
    lastOfTask.append(repeating: -1, count: machine.tasks.count)
    listFollowing(machine)
    let keepsOrder = machine.progress.settings.mailboxes == .asRuntime
    var count: Int32 = 0
    for index in 0..<machine.stepCount {
      let step = machine.steps.known(at: index).pointee
      let isMailbox = machine.executors.known(at: Int(step.executor)).pointee.isMailbox
      // All that is outside of actors is one.
      let chain = chains.known(at: isMailbox ? Int(step.executor) : 0)
      if chain.pointee == 0 {
        count += 1
        chain.pointee = count
      }
      let moments = machine.moments.known(at: index).pointee
      let prior = lastOfTask.known(at: Int(step.task))
      // The rest of a step has not arrived anywhere.
      let isRest = step.reason == .interrupted
      let latest = isRest ? .max : machine.latestArrival(ofStep: index) { Int(following[$0]) }
      steps.append(
        il_counted_step(
          code: machine.codeOfStep(at: index), earliest: Int64(moments.earliest),
          latest: Int64(latest),
          chain: chain.pointee - 1, prior: prior.pointee, cause: step.cause,
          enabled: step.enabled, touches: Int32(touches.count),
          is_queued: isMailbox && keepsOrder && !isRest, is_timer: step.reason == .timer,
          is_rest: isRest, is_parked: step.end == .interrupted,
          task: step.task, wants: lockTaken(bySegment: index, machine)))
      prior.pointee = Int32(index)
      listTouches(ofStep: index, isTimer: step.reason == .timer, machine)
    }
    return count
  }

  /// For each step, the one that came next on its executor; -1 for none.
  private func listFollowing(_ machine: Machine) {
    following.removeAll()
    following.append(repeating: -1, count: machine.stepCount)
    for index in 0..<machine.stepCount {
      let last = chains.known(at: Int(machine.steps.known(at: index).pointee.executor))
      if last.pointee > 0 { following.known(at: Int(last.pointee) - 1).pointee = Int32(index) }
      last.pointee = Int32(index) + 1
    }
    chains.removeAll()
    chains.append(repeating: 0, count: machine.executors.count)
  }

  private func listTouches(ofStep index: Int, isTimer: Bool, _ machine: Machine) {
    let places = TouchedObject.places(
      executors: machine.executors.count, tasks: machine.tasks.count)
    if machine.progress.hasTimers {
      append(TouchedObject.time.name, isTimer ? .exclusive : .first, places)
    }
    append(
      TouchedObject.task(machine.steps.known(at: index).pointee.task).name, .exclusive, places)
    for touch in machine.touchesOfStep(index) {
      let touch = machine.touches.known(at: touch).pointee
      append(touch.object, touch.mode, places)
    }
  }

  // MARK: Segments

  /// The lock before which the step came to a point, and that it then took; 0 for none.
  private func lockTaken(bySegment index: Int, _ machine: Machine) -> Int32 {
    let step = machine.steps.known(at: index).pointee
    guard step.reason == .interrupted,
      machine.points.elements.contains(where: {
        $0.task == step.task && $0.ordinal == step.ordinal && $0.point.operation == .lock
      }),
      let touch = machine.touchesOfStep(index).first(where: {
        machine.touches.known(at: $0).pointee.object >= TouchedObject.firstLock
      })
    else { return 0 }
    return Int32(machine.touches.known(at: touch).pointee.object & (TouchedObject.firstLock - 1))
  }

  /// Lists from which segment to which a lock was held.
  private func listHolds(_ machine: Machine) {
    holds.removeAll()
    for held in machine.holds.elements {
      let task = steps.known(at: Int(held.segment)).pointee.task
      let next = (Int(held.segment) + 1..<steps.count).first {
        steps.known(at: $0).pointee.task == task
      }
      holds.append(
        il_counted_hold(lock: held.lock, from: held.segment, until: next.map(Int32.init) ?? -1))
    }
  }

  @inline(__always)
  private func append(_ object: UInt, _ mode: AccessMode, _ places: Int) {
    let place =
      object < TouchedObject.firstLock
      ? TouchedObject.place(of: object) : places + Int(object & (TouchedObject.firstLock - 1))
    touches.append(
      il_counted_touch(
        object: Int32(place), is_first: mode != .second, is_second: mode != .first))
  }
}

extension il_odds {
  fileprivate var logarithm: Double { log(part) - Double(scale) * 512 * log(2) }
}

extension Machine {
  /// A step of the last run came to a point at which it could have been interrupted.
  package var cameToPoints: Bool { !points.isEmpty }
}
