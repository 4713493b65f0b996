/// Lets all tasks come equally far: in each round, every task that can go on does so once.
///
/// What tasks do that run the same code goes wrong most where all of them are at the same point of it:
/// each has looked, and none has acted yet. The more tasks there are, the fewer of all schedules bring
/// them there together; here, most do.
///
/// The order in which tasks go is drawn for each round; orders of a round that earlier runs have shown
/// come again only after others. In one run of four, tasks miss rounds now and then, so that those come
/// together, too, that have not equally far to go; in three of four, once nothing else is new.
public final class Lockstep: Strategy, PureStrategy {
  private static let kindsOfRuns = 4
  /// How many of those let tasks miss goes, while there are orders that no run has shown, and then.
  private static let (looseAtFirst, looseLater) = (1, 3)
  /// In such a run, one go of so many is missed.
  private static let missedGoes = 4
  /// How many beginnings of orders are told apart.
  private static let limit = 1 << 15

  private var random = SplitMix64(seed: 0)
  private var missesGoes = false
  /// The last run in which no task missed a go has shown the order of no round that was new.
  private var isAllSeen = false
  private var round = 1
  /// The order of the round so far.
  private var order: UInt64 = 0
  /// By number of task: the last round in which it went, or missed its go.
  private let gone = Column<Int>()
  /// How many runs have shown each beginning of an order of a round.
  private let counts = AddressTable()
  private var kept = 0
  /// The beginnings that this run shows.
  private let shown = Column<UInt>()

  public init() {}

  deinit {
    gone.deallocate()
    counts.deallocate()
    shown.deallocate()
  }

  public func begin(_ run: RunStart) {
    random = SplitMix64(seed: run.seed)
    let loose = isAllSeen ? Self.looseLater : Self.looseAtFirst
    missesGoes = random.below(Self.kindsOfRuns) < loose
    gone.removeAll()
    shown.removeAll()
    round = 0
    startRound()
  }

  private func startRound() {
    round += 1
    order = mix(9, UInt64(round))
  }

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int {
    while gone.count < point.record.taskCount { gone.append(0) }
    while true {
      guard let pick = draw(at: point) else {
        startRound()
        continue
      }
      let step = point.step(at: pick)
      gone[step.taskNumber] = round
      if missesGoes {
        if random.below(Self.missedGoes) > 0 { return pick }
      } else {
        order = fold(order, step.task)
        shown.append(UInt(order))
        return pick
      }
    }
  }

  /// Draws a step of those whose tasks have not gone in this round, and which were seldom next; nil if
  /// all have gone.
  private func draw(at point: some ChoicePoint) -> Int? {
    var (pick, least, equals): (Int?, Int, Int) = (nil, 0, 0)
    for index in 0..<point.count {
      let step = point.step(at: index)
      guard gone.known(at: step.taskNumber).pointee < round else { continue }
      let count = missesGoes ? 0 : counts[UInt(fold(order, step.task))] ?? 0
      if pick == nil || count < least { (pick, least, equals) = (index, count, 0) }
      guard count == least else { continue }
      equals += 1
      if random.below(equals) == 0 { pick = index }
    }
    return pick
  }

  public func end(_ run: RunRecord) {
    if !shown.isEmpty { isAllSeen = true }
    for beginning in shown.elements {
      let count = counts[beginning] ?? 0
      if count == 0 { isAllSeen = false }
      guard count > 0 || kept < Self.limit else { continue }
      if count == 0 { kept += 1 }
      counts.set(beginning, to: count + 1)
    }
    // The next run is another's, unless it begins.
    shown.removeAll()
  }
}
