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

  deinit { blocked.deallocate() }

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
    while true {
      guard let index = drawUnblocked(point) else {
        startRound()
        continue
      }
      let step = point.step(at: index)
      guard step.executor == executor else { return index }
      if intended == nil { intended = drawIntended(point) }
      if step.taskNumber == intended { return index }
      blocked[step.taskNumber] = round
    }
  }

  /// Lets all tasks compete again for the next step that is ordered.
  private func startRound() {
    round += 1
    intended = nil
  }

  private func isBlocked(_ step: EnabledStep) -> Bool { blocked[step.taskNumber] == round }

  private func drawUnblocked(_ point: some ChoicePoint) -> Int? {
    var count = 0
    for index in 0..<point.count where !isBlocked(point.step(at: index)) { count += 1 }
    guard count > 0 else { return nil }
    var rest = random.below(count)
    for index in 0..<point.count where !isBlocked(point.step(at: index)) {
      if rest == 0 { return index }
      rest -= 1
    }
    return nil
  }

  /// Draws the task that shall be next, with a weight of its steps left.
  ///
  /// Where orders are not to be repeated, a task's weight is by how much it has
  /// been next less often than its steps left entitle it to.
  private func drawIntended(_ point: some ChoicePoint) -> Int? {
    var steps = 0
    var orders = 0
    for index in 0..<point.count {
      let step = point.step(at: index)
      guard !isBlocked(step) else { continue }
      steps += stepsLeft(step)
      if avoided != nil, let seen { orders += seen.count(next: step.task) }
    }
    let entitled = Double(orders + 1) / Double(steps)
    var sum = 0.0
    for index in 0..<point.count { sum += weight(of: point.step(at: index), entitled) }
    var rest = random.fraction() * sum
    var drawn: Int?
    for index in 0..<point.count {
      let step = point.step(at: index)
      let weight = weight(of: step, entitled)
      guard weight > 0 else { continue }
      drawn = step.taskNumber
      rest -= weight
      if rest < 0 { break }
    }
    return drawn
  }

  private func weight(of step: EnabledStep, _ entitled: Double) -> Double {
    guard !isBlocked(step) else { return 0 }
    let left = Double(stepsLeft(step))
    guard avoided != nil, let seen else { return left }
    return max(0, left * entitled - Double(seen.count(next: step.task)))
  }

  /// A task that is there now has a step left, whatever the profile says.
  private func stepsLeft(_ step: EnabledStep) -> Int {
    let steps = left.steps(of: step.taskNumber)
    return step.executor == executor ? max(1, steps) : steps
  }

  public func end(_ run: RunRecord) {
    if learns { profile.learn(from: run) }
    seen?.learn(from: run, profile, avoided: avoided)
    avoided = nil
  }
}
