import InterleaveEngine

// The side of the process that puts together what workers have run.

extension Campaign {
  /// Goes on with the next share, here or as a worker has run it.
  ///
  /// Nothing is there to be run any more where that ends the exploration.
  func beginShare(_ exploration: Exploration) {
    exploration.beginShare(exploration.share.number + 1)
    startWorkers(exploration)
    guard let workers = exploration.workers else { return }
    switch workers.wait(for: exploration.share.number, while: { [self] in !isCancelled() }) {
    case .log(let log): exploration.source = .elsewhere(log)
    case .cancelled: report.ending = .cancellation
    case .lost:
      if isTimeUp { report.ending = .duration }
    }
    if workers.hasLostChild { noteLoss() }
  }

  private func noteLoss() {
    let warning =
      "a child process that explored was killed; its schedules were run in this process instead"
    if !report.warnings.contains(warning) { report.warnings.append(warning) }
  }

  /// Starts those who run all shares from this one on, where that is asked for.
  private func startWorkers(_ exploration: Exploration) {
    let configuration = resolved.configuration
    guard configuration.workers > 1, exploration.workers == nil, exploration.share.number == 1,
      Workers.obstacle(in: configuration) == nil
    else { return }
    let shares = 1..<max(2, ShareCut.shares(for: configuration.schedules))
    exploration.workers = Workers(configuration.workers, shares: shares) { worker, board in
      RunningChild(isQuiet: false, holding: Symbolicator.shared.pause) { [self] parent in
        work(worker, board, exploration, parent)
      }
    }
    if exploration.workers == nil {
      report.warnings.append(
        "no child process could be made for `workers: \(configuration.workers)`; all schedules "
          + "were run in this process")
    }
  }

  /// Learns from the next run of a worker as if it had been made here.
  ///
  /// - Returns: Its failure, if it failed.
  func takeWalk(from log: ShareLog, _ exploration: Exploration) -> FoundFailure? {
    let (note, remarks) = log.next()
    let isNew = count(note)
    exploration.learn(note, isNew: isNew, isGenerated: isGenerated)
    if var remarks { learn(from: &remarks) }
    guard log.isOver, let packet = log.failure else { return nil }
    let strategy = exploration.name(ofPlace: note.place)
    var found: FoundFailure?
    takeOver(Packet(packet)) { [self] failure in
      guard let failure else { return }
      guard log.wasStopped else {
        found = self.found(
          failure, KeptRun(machine, failure: failure), programRun.draws, exploration,
          by: strategy)
        return
      }
      found = foundHere(
        failure, schedulesTried: exploration.schedules, seed: resolved.seed)
      found?.strategy = strategy
      found?.interleaving = Explainer(machine).interleaving(upTo: failure.steps)
    }
    return found
  }

  private func learn(from remarks: inout Packet) {
    let types = remarks.takeTexts()
    let escapes = remarks.takeOptional { packet in
      var packet = Packet(packet.takeAll())
      return machine.unpackEscapes(from: &packet)
    }
    note(contended: types, escapes ?? [])
    observations.unpack(from: &remarks)
    let warnings = remarks.takeTexts()
    if !warnings.isEmpty, !hasWarnedOfNondeterminism {
      hasWarnedOfNondeterminism = true
      report.warnings += warnings
    }
    order.learn(from: OrderLedger.Experience(from: &remarks))
  }
}

// The side of a worker.

extension Campaign {
  /// Runs one share after another, and tells of each.
  private func work(
    _ worker: Int, _ board: WorkBoard, _ exploration: Exploration, _ parent: RunningChild.Parent
  ) {
    // What the parent has noted is not told again.
    observations = Observations()
    report.warnings = []
    _ = order.takeExperience()
    var log = ShareLog(of: 0)
    var remarks = Remarks(slowSteps: [])
    let outcome = Containment.run(hangLimit: hangLimit, heartbeat: parent.heartbeat) { [self] in
      while let number = board.take(worker: worker) {
        exploration.beginShare(number)
        log = ShareLog(of: number)
        remarks = Remarks(slowSteps: machine.slowSteps)
        runShare(exploration, board, log, remarks)
        guard send(log, to: parent, board), !log.isLast, !isTimeUp else { return }
      }
    }
    if case .stopped(let stop) = outcome {
      log.add(note(ofWalk: exploration.nextWalk, exploration.share))
      remarks.look(at: machine)
      tell(remarks, in: log)
      log.fail(packed(run.failure, nil, stop), wasStopped: true)
      send(log, to: parent, board)
    }
  }

  /// Tells of a share, and spares the others what can count no more.
  ///
  /// - Returns: The parent is still there.
  @discardableResult
  private func send(
    _ log: ShareLog, to parent: RunningChild.Parent, _ board: WorkBoard
  ) -> Bool {
    if log.isLast { board.limit = log.number + 1 }
    return parent.send(log.bytes)
  }

  private func runShare(
    _ exploration: Exploration, _ board: WorkBoard, _ log: ShareLog, _ remarks: Remarks
  ) {
    let end = min(exploration.share.range.upperBound, resolved.configuration.schedules)
    while exploration.nextWalk < end, board.limit > exploration.share.number, !isTimeUp {
      let (failure, kept) = makeWalk(exploration) { [self] note, failure in
        exploration.pass(note)
        log.add(note)
        remarks.look(at: machine)
        if let failure { log.fail(packed(failure)) }
      }
      if run.cancellation != nil {
        log.isBroken = true
        return
      }
      if failure == nil { checkRepeats(kept, programRun.draws) }
      tell(remarks, in: log)
      if failure != nil { return }
    }
  }

  /// Tells what there is to tell of the last run, and forgets it here.
  private func tell(_ remarks: Remarks, in log: ShareLog) {
    let experience = order.takeExperience()
    observations.slowSteps =
      machine.slowSteps == remarks.slowSteps ? [] : slowSteps
    defer {
      report.warnings = []
      remarks.forget()
    }
    guard
      !remarks.types.isEmpty || remarks.escapes != nil || experience.runs > 0
        || !report.warnings.isEmpty || !observations.isEmpty
    else { return }
    var packet = Packet()
    packet.put(remarks.types)
    packet.put(optional: remarks.escapes) { $0.put(all: $1) }
    observations.pack(into: &packet)
    packet.put(report.warnings)
    experience.pack(into: &packet)
    log.add(remarks: packet.bytes)
    observations = Observations()
  }
}

/// What there is to tell of the runs of a share besides their notes.
private final class Remarks {
  /// Steps that took long before the share began.
  let slowSteps: Set<SlowStep>
  /// The types of actors on which tasks met in earlier runs of the share.
  private var contended: Set<UInt> = []
  /// Those that are new in the last run.
  private(set) var types: [String] = []
  /// What left the control of the last run.
  private(set) var escapes: [UInt8]?

  init(slowSteps: Set<SlowStep>) {
    self.slowSteps = slowSteps
  }

  /// Takes note of the run that has just ended.
  func look(at machine: Machine) {
    machine.forEachContendedType {
      if contended.insert($0).inserted { types.append(Takeover.typeName($0)) }
    }
    guard machine.hasEscapes else { return }
    var packet = Packet()
    machine.packEscapes(into: &packet)
    escapes = packet.bytes
  }

  func forget() {
    types = []
    escapes = nil
  }
}
