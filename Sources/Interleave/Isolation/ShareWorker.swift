import InterleaveEngine

/// Runs one share after another in a process of its own, and tells of each.
final class ShareWorker {
  private let runner: Runner
  private let resolved: ResolvedConfiguration
  private let budget: Budget
  private var walks: Walks
  private var isGenerated: Bool
  private var hasWarnedOfNondeterminism: Bool
  /// What is told of the share.
  private var log = ShareLog(of: 0)
  /// What there is to tell of the last run besides its note.
  private var tally = Tally()

  init(
    _ exploration: Exploration, _ runner: Runner, _ resolved: ResolvedConfiguration,
    _ budget: Budget
  ) {
    self.runner = runner
    self.resolved = resolved
    self.budget = budget
    walks = exploration.walks
    isGenerated = exploration.isGenerated
    hasWarnedOfNondeterminism = exploration.hasWarnedOfNondeterminism
  }

  /// Works until nothing is left to do.
  func work(_ worker: Int, _ board: WorkBoard, _ parent: RunningChild.Parent) {
    let end = Containment.run(hangLimit: resolved.hangLimit, heartbeat: parent.heartbeat) {
      [self] in
      while let number = board.take(worker: worker) {
        walks.beginShare(number)
        log = ShareLog(of: number)
        runShare(board)
        guard send(to: parent, board), !log.isLast, !budget.isTimeUp else { return }
      }
    }
    guard case .stopped(let stop) = end else { return }
    let outcome = runner.rawOutcome(of: stop)
    learn(outcome)
    tell()
    log.fail(Runner.packed(outcome, stoppedBy: stop), wasStopped: true)
    send(to: parent, board)
  }

  /// Tells of a share, and spares the others what can count no more.
  ///
  /// - Returns: The parent is still there.
  @discardableResult
  private func send(to parent: RunningChild.Parent, _ board: WorkBoard) -> Bool {
    if log.isLast { board.limit = log.number + 1 }
    return parent.send(log.bytes)
  }

  private func runShare(_ board: WorkBoard) {
    let end = min(walks.end, resolved.configuration.schedules)
    while walks.number < end, board.limit > walks.place, !budget.isTimeUp {
      let outcome = runner.run(walks.request())
      learn(outcome)
      if outcome.failure != nil { log.fail(Runner.packed(outcome)) }
      if outcome.cancellation != nil {
        log.isBroken = true
        return
      }
      if outcome.failure == nil, outcome.trace != nil { repeatRun(outcome) }
      tell()
      if outcome.failure != nil { return }
    }
  }

  private func learn(_ outcome: RunOutcome) {
    isGenerated = isGenerated || outcome.isGenerated
    let note = walks.note(outcome, isGenerated: isGenerated)
    walks.pass(note)
    log.add(note)
    tally.note(outcome)
    tally.look(at: outcome)
  }

  private func repeatRun(_ outcome: RunOutcome) {
    guard !hasWarnedOfNondeterminism else { return }
    var repetition = Repetition(of: outcome)
    while let request = repetition.next() {
      let again = runner.run(request)
      tally.note(again)
      repetition.learn(again)
    }
    guard let warning = repetition.difference?.warningOfSample else { return }
    hasWarnedOfNondeterminism = true
    tally.warn(warning)
  }

  /// Tells what there is to tell of the last run, and forgets it here.
  private func tell() {
    guard !tally.isPlain else { return }
    var packet = Packet()
    tally.pack(into: &packet)
    log.add(remarks: packet.bytes)
    tally = Tally()
  }
}
