import InterleaveEngine

extension Runner: RunMaker {
  func run(_ request: RunRequest, attempts: Int) -> RunOutcome {
    switch request.place {
    case .here: runHere(request)
    case .thread(let limit): runOnThread(request, hangLimit: limit)
    case .child(let limit): runInChild(request, hangLimit: limit, attempts: attempts)
    }
  }

  private func runOnThread(_ request: RunRequest, hangLimit: Int64) -> RunOutcome {
    switch Containment.run(hangLimit: hangLimit, { [self] in runHere(request) }) {
    case .finished(let outcome): outcome
    case .stopped(let stop): outcome(of: stop)
    }
  }

  // MARK: In a child process

  func rehearse(_ rehearsal: Rehearsal?) {
    ahead = RunsAhead(rehearsal: rehearsal)
  }

  // One child can make many of them.
  func expect(_ series: [RunRequest]) {
    ahead = RunsAhead(series: series[...])
  }

  /// Makes a run in a child process.
  ///
  /// A search knows what it tries next if a run passes, so that one child makes many of its
  /// runs.
  private func runInChild(_ request: RunRequest, hangLimit: Int64, attempts: Int) -> RunOutcome {
    let search = request.strategy as? BoundedSearch
    // A search goes through its runs by itself.
    if search != nil, ahead.rehearsal != nil { ahead = RunsAhead() }
    let isNext =
      search.map { ahead.search === $0 } ?? (ahead.rehearsal != nil || !ahead.series.isEmpty)
    if isNext, let packet = ahead.packets.popFirst() {
      ahead.series = ahead.series.dropFirst()
      return ahead.known(takeOver(packet, search))
    }
    var bytes: [UInt8]?
    for _ in 0..<attempts where bytes == nil {
      bytes = runAhead(request, hangLimit: hangLimit, search)
    }
    guard let bytes else { return ahead.known(.notMade) }
    var packet = Packet(bytes)
    let count: Int = packet.take()
    let packets = (0..<count).map { _ in Packet(packet.takeAll()) }
    ahead.search = search
    ahead.series = ahead.series.dropFirst()
    ahead.packets = packets.dropFirst()
    return ahead.known(takeOver(packets[0], search))
  }

  /// Makes one run in a child, or as many of a search as pass.
  private func runAhead(
    _ request: RunRequest, hangLimit: Int64, _ search: BoundedSearch?
  ) -> [UInt8]? {
    ChildProcess.run(isQuiet: true, holding: Symbolicator.shared.pause) { [self] heartbeat in
      var packets: [[UInt8]] = []
      let end = Containment.run(hangLimit: hangLimit, heartbeat: heartbeat) { [self] in
        var request = request
        var series = ahead.series.dropFirst()
        while true {
          let outcome = runHere(request)
          packets.append(Self.packed(outcome, search))
          guard outcome.failure == nil, outcome.choices > 0, packets.count < RunsAhead.most else {
            return
          }
          if search == nil, let rehearsal = ahead.rehearsal {
            return rehearsal(answers(after: outcome) { packets.append($0) })
          }
          if let next = series.popFirst() {
            request = next
          } else if search?.advance() != true {
            return
          }
        }
      }
      if case .stopped(let stop) = end {
        packets.append(Self.packed(rawOutcome(of: stop), search, stoppedBy: stop))
      }
      var packet = Packet()
      packet.put(packets.count)
      for bytes in packets { packet.put(all: bytes) }
      return packet.bytes
    }
  }

  /// Answers a rehearsal: with what is known, then with a run that has just been made, then with
  /// runs that are made here, as long as they pass.
  private func answers(
    after made: RunOutcome, keeping keep: @escaping ([UInt8]) -> Void
  ) -> (RunRequest) -> RunOutcome {
    var known = (ahead.outcomes + [made])[...]
    var left = RunsAhead.most - 1
    return { [self] request in
      if let outcome = known.popFirst() { return outcome }
      guard left > 0, !(request.strategy is BoundedSearch) else { return .notMade }
      left -= 1
      let outcome = runHere(request)
      keep(Self.packed(outcome))
      if outcome.failure != nil { left = 0 }
      return outcome
    }
  }

  /// What a run came to, for another process.
  ///
  /// - Parameter stop: How its thread was stopped, if it was.
  static func packed(
    _ outcome: RunOutcome, _ search: BoundedSearch? = nil, stoppedBy stop: StepStop? = nil
  ) -> [UInt8] {
    var packet = Packet()
    packet.put(optional: stop) { $1.pack(into: &$0) }
    outcome.pack(into: &packet)
    search?.pack(into: &packet)
    return packet.bytes
  }

  /// Goes on as if a run of another process had been made here.
  func takeOver(_ packet: Packet, _ search: BoundedSearch? = nil) -> RunOutcome {
    var packet = packet
    let stop = packet.takeOptional { StepStop(from: &$0) }
    let outcome = RunOutcome(from: &packet)
    search?.unpack(from: &packet)
    machine.learn(outcome.escapes)
    // Naming places takes time, and what was named once is remembered here.
    return stop.map { outcome.explained($0) } ?? outcome
  }
}

/// Runs that a child process has made ahead.
struct RunsAhead {
  /// How many runs a child makes at most.
  static let most = 64

  var search: BoundedSearch?
  /// The runs that are to be made next in any case, as long as they pass.
  var series: ArraySlice<RunRequest> = []
  var packets: ArraySlice<Packet> = []
  /// How the runs come about, and what those have come to that were made since it is known.
  var rehearsal: Rehearsal?
  var outcomes: [RunOutcome] = []

  /// Keeps what a run has come to where that decides what is run next.
  mutating func known(_ outcome: RunOutcome) -> RunOutcome {
    if rehearsal != nil { outcomes.append(outcome) }
    return outcome
  }
}
