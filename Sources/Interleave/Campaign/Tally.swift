import InterleaveEngine

/// What adds up over the runs of a campaign, wherever they are made.
struct Tally {
  private(set) var schedules = 0
  private(set) var steps = 0
  private(set) var choices = 0
  private(set) var cancellations = 0
  /// The most tasks that a run has had, of those that were made in this process.
  private(set) var mostTasks = 0
  private var signatures: Set<UInt64> = []
  /// How many interleavings a proof counts where signatures of whole steps do not tell.
  var provedInterleavings: Int?
  /// The types of actors on which tasks met, with their modules.
  private(set) var contended: Set<String> = []
  private var escaped: [Escape: (seen: SeenEscape, count: Int)] = [:]
  /// What was noticed in runs that did not fail for it.
  private(set) var noticed = Observations()
  /// What bodies returned, and how often.
  private var outcomes = OutcomeCounts()
  /// What runs have shown of the order of checkpoints that is asked for.
  private(set) var order = OrderExperience()
  /// What the author of the test should know although nothing failed.
  private(set) var warnings: [String] = []
  /// The error by which the last run called off the whole test.
  private(set) var cancellation: (any Error)?

  /// How many interleavings are told apart; above that, counting stops.
  private static let signatureLimit = 1 << 20

  // MARK: Runs

  /// Takes note of a run, whatever it was made for.
  mutating func note(_ outcome: RunOutcome) {
    mostTasks = max(mostTasks, outcome.tasks)
    noticed.add(outcome.noticed)
    if let experience = outcome.order { order.add(experience) }
    cancellation = outcome.cancellation
  }

  /// Takes note of a run that was made before, and is made again to confirm what it showed.
  mutating func noteAgain(_ outcome: RunOutcome) {
    var again = outcome.noticed
    again.sometimes = [:]
    noticed.add(again)
    cancellation = outcome.cancellation
  }

  /// Counts a run that was made to explore.
  ///
  /// - Returns: No run before had its interleaving.
  @discardableResult
  mutating func count(_ outcome: RunOutcome) -> Bool {
    look(at: outcome)
    return count(
      outcome.signature, returned: outcome.returned, steps: outcome.steps,
      choices: outcome.choices, isCancelled: outcome.hasCancelled)
  }

  /// Counts a run that a worker has made.
  ///
  /// - Returns: No run before had its interleaving.
  mutating func count(_ note: RunNote) -> Bool {
    count(
      note.signature, returned: note.returned, steps: Int(note.steps), choices: Int(note.choices),
      isCancelled: note.isCancelled)
  }

  private mutating func count(
    _ signature: UInt64, returned: UInt64, steps: Int, choices: Int, isCancelled: Bool
  ) -> Bool {
    schedules += 1
    outcomes.count(returned, inSchedule: schedules)
    self.steps += steps
    self.choices += choices
    cancellations += isCancelled ? 1 : 0
    return signatures.count < Self.signatureLimit && signatures.insert(signature).inserted
  }

  /// Takes note of where tasks met and of what left control in a run that is counted elsewhere.
  mutating func look(at outcome: RunOutcome) {
    for type in outcome.contended { contended.insert(Takeover.typeName(type)) }
    for seen in outcome.escapes { add(seen, count: 1) }
  }

  private mutating func add(_ seen: SeenEscape, count: Int) {
    var known = escaped[seen.escape] ?? (seen, 0)
    if known.seen.callers.isEmpty { known.seen.callers = seen.callers }
    if known.seen.origin.isEmpty { known.seen.origin = seen.origin }
    known.count += count
    escaped[seen.escape] = known
  }

  /// Takes note of interleavings that were run before, in another process maybe.
  mutating func know(_ others: Set<UInt64>) {
    for signature in others where signatures.count < Self.signatureLimit {
      signatures.insert(signature)
    }
  }

  // MARK: Words

  mutating func warn(_ warning: String) { warnings.append(warning) }

  /// Warns of what need not be said twice.
  mutating func warnOnce(_ warning: String) {
    if !warnings.contains(warning) { warnings.append(warning) }
  }

  mutating func forgetWarnings() { warnings = [] }

  /// Adds what later runs have come to.
  mutating func merge(_ other: Tally) {
    outcomes.merge(other.outcomes, after: schedules)
    schedules += other.schedules
    steps += other.steps
    choices += other.choices
    cancellations += other.cancellations
    mostTasks = max(mostTasks, other.mostTasks)
    signatures.formUnion(other.signatures.prefix(max(0, Self.signatureLimit - signatures.count)))
    contended.formUnion(other.contended)
    for (_, known) in other.escaped { add(known.seen, count: known.count) }
    noticed.add(other.noticed)
    order.add(other.order)
    warnings += other.warnings
    cancellation = other.cancellation
  }

  // MARK: What it comes to

  /// There is nothing to tell besides how many runs there were.
  var isPlain: Bool {
    contended.isEmpty && escaped.isEmpty && noticed.isEmpty && order.runs == 0 && warnings.isEmpty
  }

  /// How far it has come, in a line.
  func words(after seconds: Double) -> String {
    let rate = seconds > 0 ? Int(Double(schedules) / seconds) : 0
    return "\(counted(schedules, "schedule")) in \(Int(seconds)) s, \(grouped(rate))/s, "
      + counted(signatures.count, "distinct interleaving")
  }

  var hasEscapes: Bool { !escaped.isEmpty }
  /// Something came from a socket or a pipe.
  var doesIO: Bool { escaped.keys.contains { $0.kind == .io } }

  /// What left the control of runs, where, and how often.
  ///
  /// - Parameter isNative: What was left alone on purpose, or what was not.
  private func escapeLines(isNative: Bool) -> [String] {
    var counts: [String: Int] = [:]
    for known in escaped.values where known.seen.escape.isNative == isNative {
      counts[known.seen.words, default: 0] += known.count
    }
    return counts.map { "\($0), \(counted($1, "time"))" }.sorted()
  }

  /// What is said of a test that talks to others.
  private var warningOfIO: String? {
    let places = escaped.values.filter {
      $0.seen.escape.kind == .io && !$0.seen.escape.isNative
    }.map(\.seen.words)
    return places.min().map { first in
      "this test does real I/O: \(first). What comes from outside, and when, is not the run's: a "
        + "failure may not come up again, a time-out may fire although an answer is on its way, "
        + "and no failure is kept in the corpus. Let a double answer in its place"
    }
  }

  /// Puts all of it into a report.
  func complete(_ report: inout FuzzReport) {
    report.schedules = schedules
    report.steps = steps
    report.choices = choices
    report.cancellations = cancellations
    report.distinctInterleavings = provedInterleavings ?? signatures.count
    report.contendedActors = contended.map(TypeName.short).sorted()
    report.escapes = escapeLines(isNative: false)
    report.partners = escapeLines(isNative: true)
    report.sometimes = noticed.sometimes
    report.outcomes = outcomes.table(noticed.outcomes)
    report.warnings =
      warnings + [warningOfIO, outcomes.warning].compactMap(\.self) + noticed.lines
    report.wholeSteps = noticed.endsOfInterruptions.sorted()
  }
}

// MARK: - From a process to another

extension Tally {
  /// Packs all but the error that called off the test, which cannot be told to another process.
  func pack(into packet: inout Packet) {
    packet.put(all: [schedules, steps, choices, cancellations, mostTasks])
    packet.put(all: signatures.sorted())
    packet.put(contended.sorted())
    packet.put(escaped.count)
    for (escape, known) in escaped.sorted(by: { $0.key.site < $1.key.site }) {
      packet.put(escape)
      known.seen.pack(into: &packet)
      packet.put(known.count)
    }
    noticed.pack(into: &packet)
    order.pack(into: &packet)
    outcomes.pack(into: &packet)
    packet.put(warnings)
  }

  init(from packet: Packet) {
    var packet = packet
    self.init(from: &packet)
  }

  init(from packet: inout Packet) {
    let numbers: [Int] = packet.takeAll()
    (schedules, steps, choices) = (numbers[0], numbers[1], numbers[2])
    (cancellations, mostTasks) = (numbers[3], numbers[4])
    signatures = Set(packet.takeAll())
    contended = Set(packet.takeTexts())
    let count: Int = packet.take()
    for _ in 0..<count {
      let escape: Escape = packet.take()
      escaped[escape] = (SeenEscape(from: &packet), packet.take())
    }
    noticed = Observations(from: &packet)
    order = OrderExperience(from: &packet)
    outcomes = OutcomeCounts(from: &packet)
    warnings = packet.takeTexts()
  }
}
