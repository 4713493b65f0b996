import InterleaveEngine

/// Where runs are made whose steps may crash or hang.
enum Shelter {
  /// On the campaign's own thread.
  case none
  /// Each on a thread of its own; `left` is how many of them may still be lost.
  case thread(hangLimit: Int64, left: Int)
  /// Each in a child process.
  case process(hangLimit: Int64)

  func with(hangLimit: Int64) -> Shelter {
    switch self {
    case .none: .none
    case .thread(_, let left): .thread(hangLimit: hangLimit, left: left)
    case .process: .process(hangLimit: hangLimit)
    }
  }
}

extension Campaign {
  /// Runs one schedule where the campaign's runs are to be made.
  ///
  /// - Parameters:
  ///   - strategy: What makes the choices.
  ///   - start: The run's number and seed.
  ///   - inspect: Is called when the run is over, before it is forgotten.
  func execute(
    _ strategy: some Strategy, _ start: RunStart, inspect: ((RunFailure?) -> Void)? = nil
  ) -> RunFailure? {
    shrinking?.beginRun()
    switch shelter {
    case .none:
      return executeHere(strategy, start, inspect: inspect)
    case .thread(let limit, let left):
      guard left > 0 else { return nil }
      return executeOnThread(strategy, start, hangLimit: limit, left: left, inspect)
    case .process(let limit):
      return executeInChild(strategy, start, hangLimit: limit, inspect)
    }
  }

  private func executeOnThread(
    _ strategy: some Strategy, _ start: RunStart, hangLimit: Int64, left: Int,
    _ inspect: ((RunFailure?) -> Void)?
  ) -> RunFailure? {
    let outcome = Containment.run(hangLimit: hangLimit) { [self] in
      executeHere(strategy, start, inspect: inspect)
    }
    switch outcome {
    case .finished(let failure):
      return failure
    case .stopped(let stop):
      shelter = .thread(hangLimit: hangLimit, left: left - 1)
      let failure = run.failure ?? RunFailure(stop, in: machine)
      inspect?(failure)
      return failure
    }
  }

  /// Runs one schedule in a child process, and takes over here what it came to.
  ///
  /// A search knows what it tries next if a run passes, so that one child makes many of its
  /// runs.
  private func executeInChild(
    _ strategy: some Strategy, _ start: RunStart, hangLimit: Int64,
    _ inspect: ((RunFailure?) -> Void)?
  ) -> RunFailure? {
    let search = strategy as? BoundedSearch
    let isNext = search.map { distantRuns.search === $0 } ?? !distantRuns.series.isEmpty
    if isNext, let packet = distantRuns.packets.popFirst() {
      distantRuns.series = distantRuns.series.dropFirst()
      return takeOver(packet, search, inspect)
    }
    var bytes: [UInt8]?
    // A child that found a lock taken is lost; the next one finds it free.
    for attempt in 0..<3 where bytes == nil && (attempt == 0 || mayShrink) {
      bytes = runAhead(strategy, start, hangLimit: hangLimit, search)
    }
    guard let bytes else { return nil }
    var packet = Packet(bytes)
    let count: Int = packet.take()
    let packets = (0..<count).map { _ in Packet(packet.takeAll()) }
    distantRuns = DistantRuns(
      search: search, series: distantRuns.series.dropFirst(), packets: packets.dropFirst())
    return takeOver(packets[0], search, inspect)
  }

  /// Makes one run in a child, or as many of a search as pass.
  private func runAhead(
    _ strategy: some Strategy, _ start: RunStart, hangLimit: Int64, _ search: BoundedSearch?
  ) -> [UInt8]? {
    ChildProcess.run(isQuiet: true, holding: Symbolicator.shared.pause) {
      [self] heartbeat in
      var packets: [[UInt8]] = []
      let outcome = Containment.run(hangLimit: hangLimit, heartbeat: heartbeat) { [self] in
        var (strategy, start) = (strategy as any Strategy, start)
        var series = distantRuns.series.dropFirst()
        while true {
          let failure = executeHere(strategy, start) { [self] failure in
            packets.append(packed(failure, search))
          }
          guard failure == nil, machine.choices > 0, packets.count < DistantRuns.most else {
            return
          }
          if let next = series.popFirst() {
            (strategy, start) = next
          } else if search?.advance() != true {
            return
          }
        }
      }
      if case .stopped(let stop) = outcome { packets.append(packed(run.failure, search, stop)) }
      var packet = Packet()
      packet.put(packets.count)
      for bytes in packets { packet.put(all: bytes) }
      return packet.bytes
    }
  }

  /// What a run in a child came to.
  func packed(
    _ failure: RunFailure?, _ search: BoundedSearch? = nil, _ stop: StepStop? = nil
  ) -> [UInt8] {
    var packet = Packet()
    packet.put(optional: failure) { $1.pack(into: &$0) }
    packet.put(optional: stop) { $1.pack(into: &$0) }
    packRun(into: &packet)
    search?.pack(into: &packet)
    return packet.bytes
  }

  /// Goes on as if a run of a child had been made here.
  @discardableResult
  func takeOver(
    _ packet: Packet, _ search: BoundedSearch? = nil, _ inspect: ((RunFailure?) -> Void)? = nil
  ) -> RunFailure? {
    var packet = packet
    var failure = packet.takeOptional { RunFailure(from: &$0) }
    let stop = packet.takeOptional { StepStop(from: &$0) }
    unpackRun(from: &packet)
    search?.unpack(from: &packet)
    // Naming places takes time, and what was named once is remembered here.
    if let stop, failure == nil { failure = RunFailure(stop, in: machine) }
    inspect?(failure)
    return failure
  }

  private func packRun(into packet: inout Packet) {
    machine.pack(into: &packet)
    packet.put(optional: programRun.staleReason) { $0.put($1) }
    programRun.draws.pack(into: &packet)
    let texts = program.texts(of: programRun)
    packet.put(texts.inputs)
    packet.put(texts.operations)
    packet.put(optional: run.inspector) { $1.pack(into: &$0) }
  }

  private func unpackRun(from packet: inout Packet) {
    machine.unpack(from: &packet)
    let staleReason = packet.takeOptional { $0.takeText() }
    let draws = Draws(from: &packet)
    let inputs = packet.takeTexts()
    programRun = DistantRun(
      draws: draws, staleReason: staleReason,
      texts: GeneratedTexts(inputs: inputs, operations: packet.takeTexts()))
    if packet.take(Bool.self) { run.inspector?.unpack(from: &packet) }
  }

  /// What was generated for a run, for people.
  func texts(of run: any ProgramRun) -> GeneratedTexts {
    (run as? DistantRun)?.texts ?? program.texts(of: run)
  }
}

/// Runs that a child process has made ahead.
struct DistantRuns {
  /// How many runs a child makes at most.
  static let most = 64

  var search: BoundedSearch?
  /// The runs that are to be made next in any case, as long as they pass.
  var series: ArraySlice<(any Strategy, RunStart)> = []
  var packets: ArraySlice<Packet> = []
}

/// A run of a program that was made in a child process.
private struct DistantRun: ProgramRun {
  let draws: Draws
  let staleReason: String?
  let texts: GeneratedTexts

  func body() async throws {}
  func judge() -> RunFailure? { nil }
}
