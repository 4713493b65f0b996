import Testing

@testable import InterleaveEngine

/// What is kept up to date job by job is what looking at all jobs gives.
@Suite struct RunQueueTests {
  @Test(arguments: [1, 2, 5], [2, RunQueue.sideBySide])
  func whoMayRunIsWhoTheRuleAllows(urgencies: Int, sideBySide: Int) {
    var random = SplitMix64(seed: UInt64(urgencies))
    for round in 0..<40 {
      let pair = QueuePair(urgencies: urgencies, isOrdered: true, sideBySide: sideBySide)
      defer { pair.deallocate() }
      for step in 0..<60 {
        pair.step(&random)
        guard pair.agree else {
          Issue.record("round \(round), step \(step): \(pair.words)")
          return
        }
      }
      #expect(pair.isMeaningful)
    }
  }

  @Test(arguments: [2, 6, RunQueue.sideBySide])
  func inUnorderedMailboxesEveryJobMayRun(sideBySide: Int) {
    var random = SplitMix64(seed: 9)
    let pair = QueuePair(urgencies: 3, isOrdered: false, sideBySide: sideBySide)
    defer { pair.deallocate() }
    for _ in 0..<500 {
      pair.step(&random)
      #expect(pair.agree, "\(pair.words)")
      #expect(pair.queue.enabled.count == pair.queue.count)
    }
  }

  @Test(arguments: [2, RunQueue.sideBySide])
  func aQueueThatIsEmptiedKnowsNothingOfTheLastRun(sideBySide: Int) {
    var random = SplitMix64(seed: 10)
    let pair = QueuePair(urgencies: 2, isOrdered: true, sideBySide: sideBySide)
    defer { pair.deallocate() }
    for _ in 0..<20 {
      for _ in 0..<30 { pair.step(&random) }
      #expect(pair.agree, "\(pair.words)")
      pair.restart()
      #expect(pair.queue.count == 0 && pair.queue.oldest == nil && pair.queue.enabled.isEmpty)
    }
  }
}

/// A run queue and a plain list of the same jobs, which go through the same steps.
private final class QueuePair {
  private struct PlainJob {
    var slot: Int32
    var arrival: Arrival
    var executor: Int
    var left: Int
  }

  private static let executors = 4
  /// The global executor; the others are mailboxes.
  private static let global = 0

  let queue: RunQueue
  private let urgencies: Int
  private let isOrdered: Bool
  private var jobs: [PlainJob] = []
  private var lastEnds: [Int] = []
  private var freeSince: [Int] = []
  private var clock = 0
  private var freeSlots: [Int32] = []
  /// Some job had to wait for another, and some more than one could run.
  private var hasBlocked = false
  private var hasChoice = false

  init(urgencies: Int, isOrdered: Bool, sideBySide: Int) {
    queue = RunQueue(sideBySide: sideBySide)
    self.urgencies = urgencies
    self.isOrdered = isOrdered
    restart()
  }

  func deallocate() { queue.deallocate() }

  func restart() {
    queue.removeAll(isOrdered: isOrdered)
    for executor in 0..<Self.executors {
      queue.addExecutor(isMailbox: executor != Self.global, isGlobal: executor == Self.global)
    }
    jobs = []
    lastEnds = Array(repeating: 0, count: Self.executors)
    freeSince = lastEnds
    clock = 0
    freeSlots = (0..<14).reversed()
  }

  // MARK: A step

  /// Runs a job that may run, which sends others and perhaps hops; without any, only sends some.
  func step(_ random: inout SplitMix64) {
    queue.settle()
    let enabled = plainEnabled
    guard !enabled.isEmpty else {
      for _ in 0...random.below(3) { send(from: nil, &random) }
      return
    }
    let slot = enabled[random.below(enabled.count)]
    guard let index = jobs.firstIndex(where: { $0.slot == slot }) else { return }
    let hint = random.below(2) == 0 ? enabled.firstIndex(of: slot) : nil
    queue.take(slot, hint: hint ?? 0)
    let job = jobs.remove(at: index)
    clock += 1
    begin(job)
    queue.beginStep(slot, at: clock)
    freeSlots.append(slot)
    for _ in 0..<random.below(3) { send(from: nil, &random) }
    if random.below(2) == 0 { send(from: job.executor, &random) }
    clock += 1
    lastEnds[job.executor] = clock
    queue.endStep(on: Int32(job.executor), at: clock)
  }

  private func begin(_ job: PlainJob) {
    if job.left >= 0 {
      let others = jobs.filter { $0.executor == job.executor }.map(\.arrival)
      let tookIt = job.arrival.surelyTookActor(among: others, freeSince: freeSince[job.executor])
      if job.executor == Self.global || tookIt { freeSince[job.left] = clock }
    }
    for index in jobs.indices where jobs[index].left == job.executor {
      jobs[index].arrival.latest = clock
      jobs[index].left = -1
    }
    freeSince[job.executor] = .max
  }

  /// A job is queued then and there, or is a hop that is in flight.
  private func send(from origin: Int?, _ random: inout SplitMix64) {
    guard let slot = freeSlots.popLast() else { return }
    clock += 1
    let executor = random.below(Self.executors)
    var arrival = Arrival(earliest: clock, latest: clock)
    if executor != Self.global { arrival.urgency = UInt8(random.below(urgencies)) }
    var left = -1
    if let origin {
      arrival.earliest = clock + 1
      arrival.latest = .max
      arrival.takesFreeActor = executor != Self.global
      if origin != Self.global { left = origin }
    }
    jobs.append(PlainJob(slot: slot, arrival: arrival, executor: executor, left: left))
    queue.add(
      slot,
      RunQueue.Job(
        arrival, task: slot, ordinal: 0, executor: Int32(executor), left: Int32(left)))
  }

  // MARK: The comparison

  /// The jobs that the rule allows, each compared with all others of its mailbox.
  private var plainEnabled: [Int32] {
    jobs.filter { job in
      guard isOrdered, job.executor != Self.global else { return true }
      let rivals = jobs.filter { $0.executor == job.executor }
      let box = RandomMailbox(
        jobs: rivals.map(\.arrival), lastEnd: lastEnds[job.executor],
        freeSince: freeSince[job.executor], now: clock)
      return rivals.firstIndex { $0.slot == job.slot }.map { box.allows($0) } ?? false
    }.map(\.slot)
  }

  /// Both say the same of who may run, who waits, and who has longest.
  var agree: Bool {
    queue.settle()
    let enabled = plainEnabled
    hasBlocked = hasBlocked || enabled.count < jobs.count
    hasChoice = hasChoice || enabled.count > 1
    return queue.enabled.elements.map(\.slot) == enabled && queue.count == jobs.count
      && queue.oldest == jobs.first?.slot
      && enabled.indices.allSatisfy {
        queue.enabled.place(of: queue.jobs[Int(enabled[$0])].serial) == $0
      }
  }

  var isMeaningful: Bool { hasBlocked && hasChoice }

  var words: String {
    "\(queue.enabled.elements.map(\.slot)) instead of \(plainEnabled) of \(jobs)"
  }
}
