/// The smallest failing schedule so far, and what was tried to make it smaller.
///
/// Every pass proposes schedules; one that fails and is smaller takes the best
/// one's place, as it really ran. Sizes only fall, so every pass ends.
struct Candidates {
  private(set) var best: RecordedSchedule
  private(set) var size: ScheduleSize
  private(set) var runs = 0
  private(set) var cost = 0
  private var limit: Int
  private var costLimit: Int
  private let mayGoOn: (RecordedSchedule) -> Bool
  private var isCalledOff = false
  /// Hashes of what was tried; to compare schedules whole would take memory.
  private var triedDeviations: Set<UInt64> = []
  private var triedOrders: Set<UInt64> = []
  /// No schedule with at most this many deviations, and no more preemptions than the
  /// best one, is smaller.
  private var searchedDeviations = 0

  init(
    best: RecordedSchedule, runs limit: Int, cost costLimit: Int,
    mayGoOn: @escaping (RecordedSchedule) -> Bool
  ) {
    self.best = best
    self.mayGoOn = mayGoOn
    self.limit = limit
    self.costLimit = costLimit
    size = ScheduleSize(best)
  }

  var isOutOfBudget: Bool { runs >= limit || cost >= costLimit || isCalledOff }

  /// Allows for more runs, and for a cost in all.
  mutating func allow(_ more: Int, cost: Int) {
    limit += more
    costLimit = cost
  }

  /// Runs a schedule.
  ///
  /// - Returns: Whether it took the best one's place; nil if it could not be run.
  private mutating func attempt(
    _ strategy: any PureStrategy, _ run: ScheduleShrinker.Runner
  ) -> Trial? {
    guard !isOutOfBudget else { return nil }
    isCalledOff = !mayGoOn(best)
    guard !isCalledOff else { return nil }
    runs += 1
    let trial = run(strategy)
    cost += trial.cost
    return trial
  }

  /// Takes over a trial that fails and is smaller.
  private mutating func adopt(_ trial: Trial) -> Bool {
    guard trial.fails else { return false }
    let newSize = ScheduleSize(trial.schedule)
    guard newSize < size else { return false }
    best = trial.schedule
    size = newSize
    return true
  }

  private mutating func tryDeviations(
    _ deviations: [RawDeviation], _ run: ScheduleShrinker.Runner
  ) -> Bool {
    let hash = deviations.reduce(0) { hash, deviation in
      Self.hash(Self.hash(hash, deviation.picked), deviation.passedOver)
    }
    guard !isOutOfBudget, triedDeviations.insert(hash).inserted else { return false }
    return attempt(Replay(deviations), run).map { adopt($0) } ?? false
  }

  private mutating func tryOrder(
    _ order: [StepKey], _ run: ScheduleShrinker.Runner
  ) -> Bool {
    let hash = order.reduce(0, Self.hash)
    guard !isOutOfBudget, triedOrders.insert(hash).inserted else { return false }
    return attempt(FollowOrder(order), run).map { adopt($0) } ?? false
  }

  private static func hash(_ hash: UInt64, _ key: StepKey) -> UInt64 {
    mix(mix(hash, key.task), UInt64(truncatingIfNeeded: key.ordinal))
  }

  // MARK: Passes

  /// Repeats all passes until none makes the schedule smaller.
  ///
  /// - Returns: Whether that was reached within the budget.
  mutating func shrinkToFixpoint(_ run: ScheduleShrinker.Runner) -> Bool {
    var before: ScheduleSize
    repeat {
      before = size
      // The baseline itself: there is only one, and nothing to take away from it.
      if size.deviations == 0 { return true }
      commute(run)
      removeDeviations(run)
      removeStretches(run)
      joinStretches(run)
      swapTasks(run)
      if size < before { continue }
      postpone(run)
    } while size < before && !isOutOfBudget
    return !isOutOfBudget
  }

  /// Puts independent steps into an order with fewer preemptions.
  private mutating func commute(_ run: ScheduleShrinker.Runner) {
    for rule in NormalForm.Rule.allCases {
      _ = tryOrder(NormalForm.order(of: best, by: rule), run)
    }
  }

  /// Leaves out deviations.
  private mutating func removeDeviations(_ run: ScheduleShrinker.Runner) {
    removeParts({ $0.deviations }) { candidates, deviations in
      candidates.tryDeviations(deviations, run)
    }
  }

  /// Puts off stretches of a task's steps until all others have run.
  ///
  /// Of tasks that interrupt each other in turn, each deviation passes over what
  /// the one before it picked, so that none of them can be left out alone.
  private mutating func removeStretches(_ run: ScheduleShrinker.Runner) {
    removeParts({ Self.stretches(of: $0) }) { candidates, stretches in
      candidates.tryOrder(stretches.flatMap(\.keys), run)
    }
  }

  /// Leaves out parts of the best schedule: all, halves, quarters, down to each one alone.
  private mutating func removeParts<Part>(
    _ parts: (RecordedSchedule) -> [Part], _ attempt: (inout Candidates, [Part]) -> Bool
  ) {
    var length = parts(best).count
    while length >= 1, !isOutOfBudget {
      var end = Int.max
      // From the back: what comes late depends on what came before it.
      while end > 0, !isOutOfBudget {
        let all = parts(best)
        end = min(end, all.count)
        let start = max(0, end - length)
        _ = attempt(&self, Array(all[..<start] + all[end...]))
        end = start
      }
      length = length == 1 ? 0 : max(1, min(length / 2, parts(best).count))
    }
  }

  /// Moves a task's stretch of steps next to its last or its next one, so that the
  /// task is interrupted once less.
  private mutating func joinStretches(_ run: ScheduleShrinker.Runner) {
    var index = 0
    while !isOutOfBudget {
      let stretches = Self.stretches(of: best)
      guard index < stretches.count else { return }
      let task = stretches[index].task
      if let next = stretches[(index + 1)...].firstIndex(where: { $0.task == task }) {
        var earlier = stretches
        earlier.insert(earlier.remove(at: next), at: index + 1)
        var later = stretches
        later.insert(later.remove(at: index), at: next - 1)
        if tryOrder(earlier.flatMap(\.keys), run) || tryOrder(later.flatMap(\.keys), run) {
          continue
        }
      }
      index += 1
    }
  }

  /// Moves each deviation on: what it passed over runs first, ever more steps of it
  /// as long as that goes well.
  private mutating func postpone(_ run: ScheduleShrinker.Runner) {
    var number = size.deviations - 1
    var distance = 1
    while number >= 0, !isOutOfBudget {
      if number >= size.deviations {
        number = size.deviations - 1
        continue
      }
      let position = size.positions[number]
      let task = best.steps[position].passedOver.task
      var moved: [StepKey] = []
      var rest: [StepKey] = []
      for key in best.steps[position...].lazy.map(\.key) {
        if key.task == task, moved.count < distance { moved.append(key) } else { rest.append(key) }
      }
      let order = best.steps[..<position].map(\.key) + moved + rest
      if tryOrder(order, run) {
        distance *= 2
      } else if distance > 1 {
        distance = 1
      } else {
        number -= 1
      }
    }
  }

  /// Lets the task that a deviation passed over do what the picked one did, and the
  /// other way round: of tasks that do the same, the baseline's will do.
  private mutating func swapTasks(_ run: ScheduleShrinker.Runner) {
    var number = 0
    while number < size.deviations, !isOutOfBudget {
      let position = size.positions[number]
      let picked = best.steps[position].key.task
      let passedOver = best.steps[position].passedOver.task
      let order = best.steps.map { step in
        var key = step.key
        if key.task == picked {
          key.task = passedOver
        } else if key.task == passedOver {
          key.task = picked
        }
        return key
      }
      if !tryOrder(order, run) { number += 1 }
    }
  }

  private struct Stretch {
    var task: UInt64
    var keys: [StepKey]
  }

  /// The schedule as stretches of steps in which no other task runs.
  private static func stretches(of schedule: RecordedSchedule) -> [Stretch] {
    var stretches: [Stretch] = []
    for step in schedule.steps {
      if stretches.last?.task == step.key.task {
        stretches[stretches.count - 1].keys.append(step.key)
      } else {
        stretches.append(Stretch(task: step.key.task, keys: [step.key]))
      }
    }
    return stretches
  }

  // MARK: Search

  /// Tries schedules with no more preemptions and with fewer deviations than the best
  /// one, the fewest first, until one of them is smaller.
  ///
  /// What is found in this way differs too much to be come by in small moves. Where
  /// the best one has stalls, those with as many deviations are tried as well.
  ///
  /// - Returns: Whether one was found.
  mutating func searchFewerDeviations(_ run: ScheduleShrinker.Runner) -> Bool {
    while searchedDeviations < (size.stalls > 0 ? size.deviations : size.deviations - 1) {
      let search = BoundedSearch(
        maxPreemptions: size.preemptions, maxDeviations: searchedDeviations + 1,
        maxInterruptions: size.interruptions)
      while search.advance() {
        guard let trial = attempt(search, run) else { return false }
        if adopt(trial) { return true }
      }
      guard search.isExhausted else { return false }
      searchedDeviations += 1
    }
    return false
  }

  /// Tries schedules of whole steps with no more preemptions than the best one, where that
  /// interrupts steps inside.
  ///
  /// - Parameter mergingStates: See ``searchFewerPreemptions(mergingStates:_:)``.
  /// - Returns: Whether one fails.
  mutating func searchWholeSteps(
    mergingStates: Bool, _ run: ScheduleShrinker.Runner
  ) -> Bool {
    guard size.interruptions > 0 else { return false }
    let before = size
    _ = search(
      maxPreemptions: size.preemptions, maxInterruptions: 0, mergingStates: mergingStates, run)
    return size < before
  }

  /// Tries all schedules with fewer preemptions than the best one until one fails or none is left:
  /// first those with no more of them inside of steps, of which one may take its place.
  ///
  /// - Parameters:
  ///   - mergingStates: Nothing is searched twice from the same state. If a run
  ///     shows that states cannot be told apart, the search starts over without that.
  ///   - insideSteps: Steps can be interrupted, although those of the best one may be whole.
  /// - Returns: With how many preemptions, wherever, all schedules have been tried and pass.
  mutating func searchFewerPreemptions(
    mergingStates: Bool, insideSteps: Bool, _ run: ScheduleShrinker.Runner
  ) -> Int? {
    guard size.preemptions > 0 else { return nil }
    let (before, interruptions) = (size, size.interruptions)
    let shown = search(
      maxPreemptions: size.preemptions - 1, maxInterruptions: interruptions,
      mergingStates: mergingStates && interruptions == 0, run)
    // Each interruption is a preemption, so that with few of these, those were all.
    guard let shown, shown > interruptions, size == before, insideSteps || interruptions > 0 else {
      return shown
    }
    return max(
      interruptions, searchInside(maxPreemptions: shown, mergingStates: mergingStates, run) ?? 0)
  }

  /// Tries all schedules with so many preemptions, however many of them are inside of steps, until
  /// one fails or none is left.
  ///
  /// What fails takes nobody's place: fewer interruptions inside are easier to read than fewer
  /// preemptions.
  ///
  /// - Returns: With how many preemptions all schedules have been tried.
  private mutating func searchInside(
    maxPreemptions: Int, mergingStates: Bool, _ run: ScheduleShrinker.Runner
  ) -> Int? {
    let search = BoundedSearch(maxPreemptions: maxPreemptions, skipsKnownStates: mergingStates)
    while search.advance(), let trial = attempt(search, run), !trial.fails {
      if mergingStates, !trial.followsRelation {
        return searchInside(maxPreemptions: maxPreemptions, mergingStates: false, run)
      }
    }
    return search.shownBound
  }

  /// - Returns: With how many preemptions all schedules have been tried.
  private mutating func search(
    maxPreemptions: Int, maxInterruptions: Int, mergingStates: Bool,
    _ run: ScheduleShrinker.Runner
  ) -> Int? {
    let search = BoundedSearch(
      maxPreemptions: maxPreemptions, maxInterruptions: maxInterruptions,
      skipsKnownStates: mergingStates)
    while search.advance(), let trial = attempt(search, run) {
      if adopt(trial) { break }
      if mergingStates, !trial.followsRelation {
        return self.search(
          maxPreemptions: maxPreemptions, maxInterruptions: maxInterruptions,
          mergingStates: false, run)
      }
    }
    return search.shownBound
  }
}
