/// Goes on from runs that showed something new, by asking for steps that follow each other.
///
/// Reads-from fuzzing (Wolff, Shi, Duck, Mathur, Roychoudhury: "Greybox fuzzing for concurrency
/// testing", ASPLOS 2024), for actors: what a step finds on its executor is what the step before it
/// there has left. Such pairs of steps are all that is looked at. A run that shows a new pair, or
/// pairs that were never together, is kept as a ``SchedulePlan``: a few pairs that are wanted, or
/// unwanted. Later runs follow one of the plans, changed a little, and those most often that led to
/// what is seldom seen. Steps are known by the places in the code at which they go on, so that what
/// holds for one task holds for others that run the same, and now and then by their tasks as well.
///
/// What a plan does not decide is decided as by ``POS``.
public final class Guided: Strategy, PureStrategy {
  private var random = SplitMix64(seed: 0)
  private let memory = SeenPairs()
  private let plans = SchedulePlans()
  private var plan = SchedulePlan()
  /// The plan that this run's was made of; nil where it was made of none.
  private var parent: Int?
  private var isRunning = false
  /// Which of its own runs are learned from, and which of those of other strategies.
  private var attention = Attention(first: 256, period: 2, longest: 16)
  private var attentionToOthers = Attention(first: 16, period: 8, longest: 64)

  // The run that goes on.
  private let priorities = ConflictPriorities()
  /// The pairs of the plan, those that are not wanted first.
  private let wishes = Column<Wish>()
  /// By number of executor.
  private let lanes = Column<Lane>()
  private var stepsSeen = 0

  /// A pair of the plan.
  private struct Wish {
    var pair: StepPair
    var isWanted: Bool
    /// It is wanted, and has come about.
    var isMet = false

    @inline(__always)
    func isFirst(_ names: AllNames) -> Bool { pair.first == names.name(pair.kind) }
    @inline(__always)
    func isSecond(_ names: AllNames) -> Bool { pair.second == names.name(pair.kind) }
  }

  /// What a step is called in either way, made once for all pairs that it is compared with.
  private struct AllNames {
    var place: UInt64
    var task: UInt64

    @inline(__always)
    init(_ names: StepNames) {
      place = names.name(.place)
      task = names.name(.task)
    }

    @inline(__always)
    func name(_ kind: StepPair.Kind) -> UInt64 { kind == .place ? place : task }
  }

  /// What is known of an executor.
  private struct Lane {
    /// The plan has a pair that is about it.
    var isPlanned: Bool
    var last = AllNames(StepNames())
  }

  public init() {}

  deinit {
    priorities.deallocate()
    wishes.deallocate()
    lanes.deallocate()
  }

  public func begin(_ run: RunStart) {
    var random = SplitMix64(seed: run.seed)
    (plan, parent) = plans.next(&random, memory)
    self.random = random
    priorities.removeAll()
    wishes.removeAll()
    for pair in plan.unwanted { wishes.append(Wish(pair: pair, isWanted: false)) }
    for pair in plan.wanted { wishes.append(Wish(pair: pair, isWanted: true)) }
    lanes.removeAll()
    stepsSeen = 0
    isRunning = true
  }

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int {
    catchUp(with: point.record)
    var random = random
    defer { self.random = random }
    var (pick, best, favour) = (0, UInt64(0), -1)
    for index in 0..<point.count {
      let step = point.step(at: index)
      let priority = priorities.priority(of: step, &random)
      let own = self.favour(step, at: index, of: point)
      if index == 0 || own > favour || own == favour && priority > best {
        (pick, best, favour) = (index, priority, own)
      }
    }
    priorities.notePick(point.step(at: pick))
    return pick
  }

  /// How much the plan speaks for a step now: 2 where it brings about what is wanted, 0 where it
  /// would spoil that or bring about what is not, and 1 for all others.
  @inline(__always)
  private func favour(_ step: EnabledStep, at index: Int, of point: some ChoicePoint) -> Int {
    let executor = step.executor
    let lane = lane(step.executorNumber, of: executor)
    guard lane.pointee.isPlanned else { return 1 }
    let names = AllNames(StepNames(task: step.task, place: point.code(at: index)))
    var favour = 1
    var wish = wishes.base
    let end = wish + wishes.count
    while wish < end {
      defer { wish += 1 }
      guard wish.pointee.pair.executor == executor, !wish.pointee.isMet else { continue }
      let isAfter = wish.pointee.isFirst(lane.pointee.last)
      let isNext = wish.pointee.isSecond(names)
      if isNext, isAfter { return wish.pointee.isWanted ? 2 : 0 }
      if wish.pointee.isWanted, isNext || isAfter { favour = 0 }
    }
    return favour
  }

  @inline(__always)
  private func lane(_ number: Int, of executor: UInt64) -> UnsafeMutablePointer<Lane> {
    // Of those in between the names are not known here: the plan may be about them.
    while lanes.count < number { lanes.append(Lane(isPlanned: true)) }
    if lanes.count == number { lanes.append(Lane(isPlanned: isPlanned(executor))) }
    return lanes.pointer(at: number)
  }

  private func isPlanned(_ executor: UInt64) -> Bool {
    (0..<wishes.count).contains { wishes.known(at: $0).pointee.pair.executor == executor }
  }

  /// Follows what has run since the last choice.
  private func catchUp(with record: RunRecord) {
    let count = record.stepCount
    while stepsSeen < count {
      defer { stepsSeen += 1 }
      let step = record.step(at: stepsSeen)
      let lane = lane(record.executorNumber(ofStep: stepsSeen), of: step.executor)
      guard lane.pointee.isPlanned else { continue }
      let names = AllNames(
        StepNames(
          task: record.task(step.taskNumber).name, place: record.code(ofStep: stepsSeen)))
      for index in 0..<wishes.count {
        let wish = wishes.known(at: index)
        guard wish.pointee.isWanted, wish.pointee.pair.executor == step.executor else { continue }
        if wish.pointee.isFirst(lane.pointee.last), wish.pointee.isSecond(names) {
          wish.pointee.isMet = true
        }
      }
      lane.pointee.last = names
    }
  }

  public func end(_ run: RunRecord) {
    defer { isRunning = false }
    if isRunning {
      guard attention.isDue() else { return }
      let news = memory.note(run)
      attention.note(isNew: news.newPair != nil)
      return plans.learn(plan, from: parent, news)
    }
    // Of other strategies' runs, what was new can be asked for.
    guard attentionToOthers.isDue() else { return }
    let news = memory.note(run)
    attentionToOthers.note(isNew: news.newPair != nil)
    if let pair = news.newPair { plans.learn(SchedulePlan(wanted: [pair]), from: nil, news) }
  }
}

/// What a step is called: by where in the code it goes on, and by its task as well.
struct StepNames {
  var task: UInt64 = 0
  var place: UInt64 = 0

  func name(_ kind: StepPair.Kind) -> UInt64 { kind == .place ? place : fold(task, place) }
}

/// Two steps that follow each other on an executor.
struct StepPair: Hashable {
  enum Kind: UInt8 { case place, task }

  var kind: Kind
  var executor: UInt64
  var first: UInt64
  var second: UInt64

  init(_ kind: Kind, _ executor: UInt64, _ first: StepNames, _ second: StepNames) {
    self.init(kind, executor, first.name(kind), second.name(kind))
  }

  init(_ kind: Kind, _ executor: UInt64, _ first: UInt64, _ second: UInt64) {
    self.kind = kind
    self.executor = executor
    self.first = first
    self.second = second
  }

  /// Tells it from others; but outside of actors, where most steps share nothing, two places are the
  /// same pair in either order, and all pairs of one place with itself are one.
  ///
  /// To tell these apart as well leads astray where threads share memory: what is new in a run is
  /// then mostly the order of what does not matter (`InterleaveBenchmarks find`, programs of threads:
  /// 4.8 schedules on the geometric mean in place of 4.5).
  var hash: UInt64 {
    if executor == 0, kind == .place {
      return first == second ? 0 : fold(min(first, second), max(first, second))
    }
    return fold(fold(fold(executor, first), second), UInt64(kind.rawValue))
  }
}

/// Pairs of steps that a run shall show, and pairs that it shall not.
struct SchedulePlan {
  var wanted: [StepPair] = []
  var unwanted: [StepPair] = []

  var isEmpty: Bool { wanted.isEmpty && unwanted.isEmpty }
  var count: Int { wanted.count + unwanted.count }
}
