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
    /// It would run on the executor whose steps are ordered.
    var isThere: Bool
  }

  /// How much speaks for a candidate's task.
  private struct Weight {
    /// How many steps it has left on the executor.
    var steps: Int
    /// How many orders have been seen in which it is next.
    var orders: Int
    var value = 0.0
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
  private let weights = Column<Weight>()

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
    weights.deallocate()
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
    guard let seen, !seen.isFull, let executor,
      let place = SeenOrders.place(of: executor, in: profile),
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
      if avoided != nil { seen?.follow(record.task(step.taskNumber).name) }
    }
    // What a step does from one point to the next is ordered as steps are.
    if hasCounted || point.isInside && point.step(at: 0).executor == executor { startRound() }
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
      if intended == nil { intended = drawIntended(at: point) }
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
      guard blocked.known(at: step.taskNumber).pointee != round else { continue }
      candidates.append(
        Candidate(
          index: index, task: step.taskNumber, isThere: step.executor == executor))
    }
  }

  /// Draws the task that shall be next, with a weight of its steps left.
  ///
  /// Where orders are not to be repeated, a task's weight is by how much it has
  /// been next less often than its steps left entitle it to.
  private func drawIntended(at point: some ChoicePoint) -> Int? {
    var steps = 0
    var orders = 0
    weights.removeAll()
    for candidate in candidates.elements {
      let left = left.steps(of: candidate.task)
      // A task that is there now has a step left, whatever the profile says.
      var weight = Weight(steps: candidate.isThere ? max(1, left) : left, orders: 0)
      if avoided != nil, weight.steps > 0, let seen {
        weight.orders = seen.count(next: point.step(at: candidate.index).task)
      }
      steps += weight.steps
      orders += weight.orders
      weights.append(weight)
    }
    let entitled = Double(orders + 1) / Double(steps)
    var sum = 0.0
    for index in 0..<weights.count {
      let weight = weights.pointer(at: index)
      weight.pointee.value = max(
        0, Double(weight.pointee.steps) * entitled - Double(weight.pointee.orders))
      sum += weight.pointee.value
    }
    var rest = random.fraction() * sum
    var drawn: Int?
    for index in 0..<weights.count where weights[index].value > 0 {
      drawn = candidates[index].task
      rest -= weights[index].value
      if rest < 0 { break }
    }
    return drawn
  }

  public func end(_ run: RunRecord) {
    if learns { profile.learn(from: run) }
    if let seen, !seen.isFull { seen.learn(from: run, profile, avoided: avoided) }
    avoided = nil
  }
}
