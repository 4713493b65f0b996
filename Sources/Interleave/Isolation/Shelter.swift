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
  func executeSheltered(
    _ strategy: some Strategy, _ start: RunStart, inspect: ((RunFailure?) -> Void)?
  ) -> RunFailure? {
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
      let failure = run.failure ?? RunFailure(stop, steps: machine.stepCount)
      inspect?(failure)
      return failure
    }
  }

  /// Runs one schedule in a child process, and takes over here what it came to.
  private func executeInChild(
    _ strategy: some Strategy, _ start: RunStart, hangLimit: Int64,
    _ inspect: ((RunFailure?) -> Void)?
  ) -> RunFailure? {
    let search = strategy as? BoundedSearch
    let bytes = ChildProcess.run(isQuiet: true, holding: Symbolicator.shared.pause) {
      [self] heartbeat in
      var packet = Packet()
      let outcome = Containment.run(hangLimit: hangLimit, heartbeat: heartbeat) { [self] in
        executeHere(strategy, start) { [self] failure in
          packet.put(false)
          packet.put(optional: failure) { $1.pack(into: &$0) }
          packRun(into: &packet)
        }
      }
      if case .stopped(let stop) = outcome {
        packet = Packet()
        packet.put(true)
        packet.put(optional: run.failure) { $1.pack(into: &$0) }
        stop.pack(into: &packet)
        packRun(into: &packet)
      }
      search?.pack(into: &packet)
      return packet.bytes
    }
    guard let bytes else { return nil }
    var packet = Packet(bytes)
    let isStopped: Bool = packet.take()
    var failure = packet.takeOptional { RunFailure(from: &$0) }
    // Naming places takes time, and what was named once is remembered here.
    let stop = isStopped ? StepStop(from: &packet) : nil
    unpackRun(from: &packet)
    if let stop, failure == nil { failure = RunFailure(stop, steps: machine.stepCount) }
    search?.unpack(from: &packet)
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

/// A run of a program that was made in a child process.
private struct DistantRun: ProgramRun {
  let draws: Draws
  let staleReason: String?
  let texts: GeneratedTexts

  func body() async throws {}
  func judge() -> RunFailure? { nil }
}
