/// Makes all orders of the steps on one actor equally likely, and walks at random elsewhere.
///
/// Selectively uniform random walk (Zhao, Wolff, Mathur, Roychoudhury: "Selectively
/// uniform concurrency testing", ASPLOS 2025). For each run an executor on which
/// at least two tasks run is drawn. Which task takes the next step on it is drawn
/// in proportion to how many such steps each has left; all others that have come
/// there wait for it. The orders of those steps are equally likely if the counts
/// from earlier runs are right and no task waits for another.
///
/// It can be told not to repeat itself: then the orders that earlier runs took are
/// remembered, and a task is drawn by how much it falls short of its part. Where
/// only a few hundred orders are possible, all come up within about as many runs.
public final class SURW: Strategy, PureStrategy {
  /// An enabled step that may be taken or wait.
  private struct Candidate {
    var index: Int
    var task: Int
    var name: UInt64
    /// It would run on the executor whose steps are ordered.
    var isThere: Bool
    /// How many steps its task has left there.
    var steps: Int
    /// How many orders have been seen in which its task is next.
    var orders = 0
    var weight = 0.0
  }

  private let profile: TaskProfile
  private let learns: Bool
  private let left = StepsLeft()
  private var random = SplitMix64(seed: 0)
  /// The executor whose steps are ordered; nil while none is known to be contended.
  private var executor: UInt64?
  /// The task that shall take the next step on it.
  private var intended: Int?
  /// By number of task: the round in which it was found to have to wait.
  private let blocked = Column<Int>()
  private var round = 0
  /// The enabled steps among which to draw.
  private let candidates = Column<Candidate>()

  /// The orders that were seen; nil if they may come again.
  private let seen: SeenOrders?
  /// The place of the executor, if this run avoids what was seen there.
  private var avoided: Int?

  /// Makes a strategy.
  ///
  /// - Parameter repeatsOrders: Orders are drawn independently of earlier ones, as in the paper.
  public convenience init(repeatsOrders: Bool = true) {
    self.init(profile: TaskProfile(), learns: true, repeatsOrders: repeatsOrders)
  }

  /// Makes a strategy.
  ///
  /// - Parameters:
  ///   - profile: What tasks are expected to do.
  ///   - learns: Whether this strategy keeps the profile up to date, or else
  ///     somebody who shares it does.
  ///   - repeatsOrders: Orders are drawn independently of earlier ones.
  init(profile: TaskProfile, learns: Bool, repeatsOrders: Bool) {
    self.profile = profile
    self.learns = learns
    seen = repeatsOrders ? nil : SeenOrders()
  }

  deinit {
    blocked.deallocate()
    candidates.deallocate()
  }

  public func begin(_ run: RunStart) {
    random = SplitMix64(seed: run.seed)
    executor = profile.drawContended(&random)
    if let executor {
      profile.weigh(on: executor)
      seen?.begin(executor)
    }
    avoided = drawAvoided()
    left.removeAll()
    blocked.removeAll()
    round = 1
    intended = nil
  }

  /// Where everything seems to have been seen, avoiding it would only favour what
  /// the profile is wrong about: then it is tried less often.
  private func drawAvoided() -> Int? {
    guard let seen, let executor, let place = profile.contendedPlace(of: executor),
      random.below(1 + seen.failures(on: place)) == 0
    else { return nil }
    return place
  }

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int {
    guard let executor else { return random.below(point.count) }
    let record = point.record
    let hasCounted = left.catchUp(with: record, profile, on: executor) {
      parent, child, share, whole in
      if parent == intended, whole > 0, random.below(whole) < share { intended = child }
    } counted: { step in
      seen?.follow(record.task(step.taskNumber).name)
    }
    if hasCounted { startRound() }
    while blocked.count < record.taskCount { blocked.append(0) }
    gather(point)
    while true {
      if candidates.isEmpty {
        startRound()
        gather(point)
      }
      let drawn = random.below(candidates.count)
      let candidate = candidates[drawn]
      guard candidate.isThere else { return candidate.index }
      if intended == nil { intended = drawIntended() }
      if candidate.task == intended { return candidate.index }
      blocked[candidate.task] = round
      candidates[drawn] = candidates[candidates.count - 1]
      candidates.remove(at: candidates.count - 1)
    }
  }

  /// Lets all tasks compete again for the next step that is ordered.
  private func startRound() {
    round += 1
    intended = nil
  }

  /// Lists the enabled steps that need not wait for the intended task.
  private func gather(_ point: some ChoicePoint) {
    candidates.removeAll()
    for index in 0..<point.count {
      let step = point.step(at: index)
      guard blocked[step.taskNumber] != round else { continue }
      let isThere = step.executor == executor
      let steps = left.steps(of: step.taskNumber)
      // A task that is there now has a step left, whatever the profile says.
      candidates.append(
        Candidate(
          index: index, task: step.taskNumber, name: step.task, isThere: isThere,
          steps: isThere ? max(1, steps) : steps))
    }
  }

  /// Draws the task that shall be next, with a weight of its steps left.
  ///
  /// Where orders are not to be repeated, a task's weight is by how much it has
  /// been next less often than its steps left entitle it to.
  private func drawIntended() -> Int? {
    var steps = 0
    var orders = 0
    for index in 0..<candidates.count {
      steps += candidates[index].steps
      guard avoided != nil, let seen, candidates[index].steps > 0 else { continue }
      candidates[index].orders = seen.count(next: candidates[index].name)
      orders += candidates[index].orders
    }
    let entitled = Double(orders + 1) / Double(steps)
    var sum = 0.0
    for index in 0..<candidates.count {
      let candidate = candidates[index]
      let weight = max(0, Double(candidate.steps) * entitled - Double(candidate.orders))
      candidates[index].weight = weight
      sum += weight
    }
    var rest = random.fraction() * sum
    var drawn: Int?
    for index in 0..<candidates.count where candidates[index].weight > 0 {
      drawn = candidates[index].task
      rest -= candidates[index].weight
      if rest < 0 { break }
    }
    return drawn
  }

  public func end(_ run: RunRecord) {
    if learns { profile.learn(from: run) }
    seen?.learn(from: run, profile, avoided: avoided)
    avoided = nil
  }
}
