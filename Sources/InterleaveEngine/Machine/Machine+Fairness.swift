import CInterleave

/// Turns for everybody, before a run is said to go on for ever.
///
/// A task that polls is ready at any time, and a strategy that prefers it keeps those out for whom
/// it waits. So the machine looks now and then who has kept whom waiting. Where tasks have done
/// little but yield while others waited, it chooses itself for a while: always the task that has
/// had the fewest turns, where a yield counts for several. There is nothing to choose then, and
/// so nothing to deviate from: the same choices lead to the same run, whatever makes them.
struct Fairness {
  /// How many steps lie between two looks.
  static let window = 1_000
  /// As how many turns more a yield counts.
  static let priceOfYield: Int32 = 4
  /// A task that yields more often from look to look may be polling.
  static let mostYields: Int32 = 31
  /// So many yields beyond that, of all tasks together, and there is little else in the run.
  static let yieldsOfPolling = 64

  /// The number of steps at which the machine looks next, or the run is at its limit.
  var nextLook: Int
  /// The number of steps up to which everybody gets a turn.
  var end = 0
  /// For how many steps, where it is necessary next: each time for twice as many, so that a run
  /// that is mostly polled in is fair for the most part.
  private var length = Self.window
  /// How many steps had run at the last look, and when that was in virtual time.
  private(set) var begin = 0
  private var instant: Int64 = 0
  /// How many looks there were.
  private(set) var looks: Int32 = 0
  /// How many steps have run at this instant, as far as that was looked for, and how many it takes
  /// until time passes although somebody polls.
  private var still = 0
  private var patience: Int
  /// Polling takes time: the next timer fires.
  var letsTimePass = false
  /// Where a run is so long that it is fair to all who wait, whether or not somebody yields.
  private let last: Int
  private let limit: Int

  init(stepLimit: Int) {
    limit = stepLimit
    last = stepLimit - stepLimit / 4
    patience = stepLimit / 4
    nextLook = min(Self.window, last, limit)
  }

  /// Takes note of a look.
  ///
  /// - Parameters:
  ///   - steps: How many steps have run.
  ///   - instant: Virtual time.
  ///   - isPolling: Tasks have done little but yield.
  ///   - hasTimers: Somebody waits for time to pass.
  ///   - isUnfair: Something could have gone on all the time and did not; asked for only where that
  ///     matters.
  mutating func note(
    steps: Int, instant: Int64, isPolling: Bool, hasTimers: Bool,
    isUnfair: @autoclosure () -> Bool
  ) {
    still = instant == self.instant ? still + steps - begin : 0
    self.instant = instant
    begin = steps
    looks += 1
    nextLook = min(steps + Self.window, steps < last ? last : limit, limit)
    if end <= steps, isPolling || steps >= last, isUnfair() {
      end = steps >= last ? .max : steps + length
      length *= 2
    }
    guard isPolling, hasTimers, still >= patience else { return }
    letsTimePass = true
    end = max(end, steps + 1)
    (still, patience) = (0, max(Self.window, patience / 2))
  }
}

extension Machine {
  /// Looks who has kept whom waiting.
  ///
  /// - Returns: The run has come to the most steps that it may have.
  func isAtLimit() -> Bool {
    if steps.count >= progress.settings.stepLimit { return true }
    let isPolling = countYields() >= Fairness.yieldsOfPolling
    let begin = Int32(progress.fairness.begin)
    progress.fairness.note(
      steps: steps.count, instant: progress.instant, isPolling: isPolling,
      hasTimers: !timers.isEmpty,
      isUnfair: enabled.elements.contains { hasWaited($0.slot, since: begin) })
    return false
  }

  /// How often tasks have yielded since the last look that have done so again and again.
  private func countYields() -> Int {
    var count = 0
    let look = progress.fairness.looks
    for index in progress.fairness.begin..<steps.count {
      let task = tasks.pointer(at: Int(steps[index].task))
      guard task.pointee.isSimple, task.pointee.isJob else { continue }
      let owner = tasks.pointer(at: Int(task.pointee.parent))
      if owner.pointee.look != look { (owner.pointee.look, owner.pointee.yields) = (look, 0) }
      owner.pointee.yields += 1
      if owner.pointee.yields > Fairness.mostYields { count += 1 }
    }
    return count
  }

  /// An enabled step has been, since before a step of the run.
  private func hasWaited(_ slot: Int32, since begin: Int32) -> Bool {
    let job = slots.pointer(at: Int(slot))
    return job.pointee.cause < begin && job.pointee.reason != .foreign
  }

  /// Everybody gets a turn now.
  @inline(__always) var isFair: Bool { steps.count < progress.fairness.end }

  /// Leaves of what is enabled only the step of the task that has had the fewest turns.
  func giveTurn() {
    progress.limits.insert(.length)
    var pick = 0
    var least = Int32.max
    for index in 0..<enabled.count {
      let turns = tasks.pointer(at: owner(of: enabled[index].task)).pointee.turns
      if turns < least { (least, pick) = (turns, index) }
    }
    var chosen = enabled[pick]
    progress.first = progress.placeInQueue(ofEnabled: pick)
    if let timer = timerThatPolledTimeReaches() { chosen = timer }
    progress.lastTaskIsEnabled = chosen.task == progress.lastTask
    let price = tasks.pointer(at: Int(chosen.task)).pointee.isSimple ? Fairness.priceOfYield : 0
    tasks.pointer(at: owner(of: chosen.task)).pointee.turns += 1 + price
    enabled.removeAll()
    enabled.append(chosen)
  }

  /// What the next moment is that polling comes to, once it has lasted.
  private func timerThatPolledTimeReaches() -> RunQueue.Entry? {
    guard progress.fairness.letsTimePass, let first = timers.first else { return nil }
    let timer = queue.enabled.entry(of: first.slot)
    guard first.deadline <= min(progress.lastMoment, firstLimit), findsThread(timer) else {
      return nil
    }
    progress.fairness.letsTimePass = false
    return timer
  }

  /// The task that goes on with a step: of a job, the one that made it.
  private func owner(of task: Int32) -> Int {
    let state = tasks.pointer(at: Int(task))
    return state.pointee.isJob ? Int(state.pointee.parent) : Int(task)
  }

  // MARK: Inside a step

  /// Nothing could go on before a step does that is at a point.
  func isOnlyOne(_ own: RunQueue.Entry) -> Bool {
    collectAtPoint(own)
    return enabled.count == 1 && timers.isEmpty
      && !parked.elements.contains { il_carrier_may_go_on_alone($0.carrier) }
  }

  /// The step that has parked last lets others go on.
  func notePause() {
    let before = inside.stepsBeforePause ?? steps.count
    parked[parked.count - 1].stepsBeforePause = before
  }

  /// Forgets what others did while the step that hangs now let them go on, unless that was chosen.
  ///
  /// It took nothing of it: it would have hung there and then, and does so again whatever is
  /// chosen afterwards.
  package func forgetVainPauses() {
    guard let count = inside.stepsBeforePause, count > 0, count < steps.count else { return }
    let isChosen = steps.elements[count...].contains {
      $0.task != $0.passedTask || $0.ordinal != $0.passedOrdinal
    }
    guard !isChosen else { return }
    touches.removeAll(after: moments[count].firstTouch)
    steps.removeAll(after: count)
    moments.removeAll(after: count)
  }
}
