import InterleaveEngine

// What a child process tells its parent besides the machine's run.

extension RunFailure {
  func pack(into packet: inout Packet) {
    packet.put(kind.rawValue)
    packet.put(message)
    packet.put(place)
    packet.put(steps)
    packet.put(isMistake)
    packet.put(isForEver)
    packet.put(isElsewhere)
    packet.put(callStack)
    packet.put(optional: history) { $1.pack(into: &$0) }
    packet.put(optional: location) { packet, location in
      packet.put([location.fileID, location.filePath])
      packet.put(location.line)
      packet.put(location.column)
    }
  }

  init(from packet: inout Packet) {
    let kind = FuzzFailure.Kind(rawValue: packet.takeText()) ?? .crash
    let (message, place) = (packet.takeText(), packet.takeText())
    let steps: Int = packet.take()
    let isMistake: Bool = packet.take()
    let isForEver: Bool = packet.take()
    let isElsewhere: Bool = packet.take()
    let callStack = packet.takeTexts()
    let history = packet.takeOptional { JudgedHistory(from: &$0) }
    let location = packet.takeOptional { packet in
      let files = packet.takeTexts()
      return FuzzFailure.SourceLocation(
        fileID: files[0], filePath: files[1], line: packet.take(), column: packet.take())
    }
    self.init(
      kind: kind, message: message, location: location, place: place, steps: steps,
      isMistake: isMistake, isForEver: isForEver, isElsewhere: isElsewhere, callStack: callStack,
      history: history)
  }
}

extension JudgedHistory {
  func pack(into packet: inout Packet) {
    packet.put(calls.map(\.operation))
    packet.put(calls.map { $0.response ?? "" })
    packet.put(all: calls.flatMap { [$0.lane, $0.invoked, $0.response == nil ? 0 : 1] })
    packet.put(all: calls.map { $0.returned ?? -1 })
    packet.put(all: explained)
    packet.put([state])
    packet.put(all: misfits.map(\.call))
    for misfit in misfits { packet.put(misfit.allowed) }
  }

  init(from packet: inout Packet) {
    let (operations, responses) = (packet.takeTexts(), packet.takeTexts())
    let (numbers, ends): ([Int], [Int]) = (packet.takeAll(), packet.takeAll())
    let calls = operations.indices.map { index in
      Call(
        lane: numbers[3 * index], operation: operations[index],
        response: numbers[3 * index + 2] == 0 ? nil : responses[index],
        invoked: numbers[3 * index + 1], returned: ends[index] < 0 ? nil : ends[index])
    }
    let explained: [Int] = packet.takeAll()
    let state = packet.takeTexts()[0]
    let misfits = packet.takeAll(Int.self).map {
      ConsistencyViolation.Misfit(call: $0, allowed: packet.takeTexts())
    }
    self.init(calls: calls, explained: explained, state: state, misfits: misfits)
  }
}

extension Recording {
  func pack(into packet: inout Packet) {
    packet.put(all: choices)
    packet.put(all: spans)
  }

  init(from packet: inout Packet) {
    self.init(choices: packet.takeAll(), spans: packet.takeAll())
  }
}

extension Draws {
  func pack(into packet: inout Packet) {
    packet.put(optional: inputs) { $1.pack(into: &$0) }
    packet.put(1 + lanes.count)
    for lane in [prefix] + lanes {
      packet.put(lane.count)
      for recording in lane { recording.pack(into: &packet) }
    }
    packet.put(optional: doubles) { $1.pack(into: &$0) }
  }

  init(from packet: inout Packet) {
    let inputs = packet.takeOptional { Recording(from: &$0) }
    let count: Int = packet.take()
    let lanes = (0..<count).map { _ in
      let count: Int = packet.take()
      return (0..<count).map { _ in Recording(from: &packet) }
    }
    self.init(inputs: inputs, prefix: lanes[0], lanes: Array(lanes.dropFirst()))
    doubles = packet.takeOptional { Recording(from: &$0) }
  }
}

extension RecordedSchedule {
  func pack(into packet: inout Packet) {
    packet.put(all: steps)
    packet.put(cancellation)
    packet.put(poolWidth)
    packet.put(randomSeed)
  }

  init(from packet: inout Packet) {
    self.init(
      steps: packet.takeAll(), cancellation: packet.take(), poolWidth: packet.take(),
      randomSeed: packet.take())
  }
}

extension FoundFailure {
  func pack(into packet: inout Packet) {
    failure.pack(into: &packet)
    schedule.pack(into: &packet)
    draws.pack(into: &packet)
    packet.put(schedulesTried)
    packet.put(seed)
    packet.put(optional: strategy) { $0.put($1) }
    packet.put(optional: corpusFile) { $0.put($1) }
    packet.put(optional: halfFix) { packet, fix in
      packet.put(fix.corpusFile)
      packet.put(fix.reversals)
    }
    packet.put(repaired.map { [$0.path, $0.reason] } ?? [])
  }

  /// All but the entry that it repairs, whose path and reason follow.
  init(from packet: inout Packet) {
    self.init(
      failure: RunFailure(from: &packet),
      schedule: RecordedSchedule(from: &packet),
      draws: Draws(from: &packet), schedulesTried: packet.take(), seed: packet.take(),
      strategy: packet.takeOptional { $0.takeText() })
    corpusFile = packet.takeOptional { $0.takeText() }
    halfFix = packet.takeOptional {
      FuzzFailure.HalfFix(corpusFile: $0.takeText(), reversals: $0.take())
    }
  }
}

extension SearchResult {
  func pack(into packet: inout Packet) {
    packet.put(optional: found) { $1.pack(into: &$0) }
    packet.put(isAdopted)
    report.pack(into: &packet)
    tally.pack(into: &packet)
  }

  /// - Parameter files: The files of the corpus, with the entry that may have been repaired.
  init(from packet: inout Packet, _ files: [CorpusStore.File]) {
    found = packet.takeOptional { packet in
      var found = FoundFailure(from: &packet)
      let repaired = packet.takeTexts()
      if let file = files.first(where: { $0.path == repaired.first }),
        case .success(let entry) = file.entry
      {
        found.repaired = StaleEntry(path: repaired[0], entry: entry, reason: repaired[1])
      }
      return found
    }
    isAdopted = packet.take()
    report = FuzzReport(from: &packet)
    tally = Tally(from: &packet)
  }
}

extension FuzzReport {
  func pack(into packet: inout Packet) {
    for number in [schedules, distinctInterleavings, steps, choices, replayed, cancellations] {
      packet.put(number)
    }
    for texts in [warnings, wholeSteps, fixed, stale, repaired] { packet.put(texts) }
    packet.put(sometimes.keys.sorted())
    packet.put(all: sometimes.keys.sorted().map { sometimes[$0] ?? 0 })
    packet.put(outcomes.map(\.value))
    packet.put(all: outcomes.map(\.count))
    packet.put(all: outcomes.map(\.firstSchedule))
    packet.put(isExhaustive)
    packet.put(contendedActors)
    packet.put(escapes)
    packet.put(partners)
    packet.put(strategies.map(\.name))
    packet.put(all: strategies.map(\.schedules))
    packet.put(all: strategies.map(\.newInterleavings))
    packet.put(residualRisk)
    packet.put(optional: coverage) { $1.pack(into: &$0) }
    packet.put(interleavings)
    packet.put(proofObstacle.map { [$0] } ?? [])
    packet.put(ending)
    packet.put(certificates.map(\.corpusFile))
    packet.put(
      all: certificates.map { [$0.reversals, $0.schedules, $0.unfinished ?? -1] }.joined())
    packet.put(certificates.map { $0.obstacle ?? "" })
  }

  init(from packet: inout Packet) {
    self.init(schedules: packet.take())
    distinctInterleavings = packet.take()
    steps = packet.take()
    choices = packet.take()
    replayed = packet.take()
    cancellations = packet.take()
    warnings = packet.takeTexts()
    wholeSteps = packet.takeTexts()
    fixed = packet.takeTexts()
    stale = packet.takeTexts()
    repaired = packet.takeTexts()
    let names = packet.takeTexts()
    sometimes = Dictionary(uniqueKeysWithValues: zip(names, packet.takeAll(Int.self)))
    let values = packet.takeTexts()
    let (counts, firsts): ([Int], [Int]) = (packet.takeAll(), packet.takeAll())
    outcomes = values.enumerated().map {
      Outcome(value: $1, count: counts[$0], firstSchedule: firsts[$0])
    }
    isExhaustive = packet.take()
    contendedActors = packet.takeTexts()
    escapes = packet.takeTexts()
    partners = packet.takeTexts()
    strategies = packet.takeTexts().map { StrategyShare(name: $0) }
    for (index, number) in packet.takeAll(Int.self).enumerated() {
      strategies[index].schedules = number
    }
    for (index, number) in packet.takeAll(Int.self).enumerated() {
      strategies[index].newInterleavings = number
    }
    residualRisk = packet.take()
    coverage = packet.takeOptional { OrderCoverage(from: &$0) }
    interleavings = packet.take()
    proofObstacle = packet.takeTexts().first
    ending = packet.take()
    let files = packet.takeTexts()
    let numbers = packet.takeAll(Int.self)
    let obstacles = packet.takeTexts()
    certificates = files.enumerated().map { index, file in
      FixCertificate(
        corpusFile: file, reversals: numbers[3 * index], schedules: numbers[3 * index + 1],
        unfinished: numbers[3 * index + 2] < 0 ? nil : numbers[3 * index + 2],
        obstacle: obstacles[index].isEmpty ? nil : obstacles[index])
    }
  }
}

extension StepSights {
  func pack(into packet: inout Packet) {
    packet.put(changes.count)
    for (index, changes) in changes {
      packet.put(index)
      packet.put(changes.flatMap { [$0.property, $0.before, $0.after] })
    }
    packet.put(callers.count)
    for (index, frames) in callers {
      packet.put(index)
      packet.put(all: frames)
    }
    packet.put(notes.count)
    for (index, texts) in notes {
      packet.put(index)
      packet.put(texts)
    }
  }

  init(from packet: inout Packet) {
    self.init()
    let changed: Int = packet.take()
    for _ in 0..<changed {
      let index: Int = packet.take()
      let texts = packet.takeTexts()
      changes[index] = stride(from: 0, to: texts.count, by: 3).map {
        Interleaving.Change(property: texts[$0], before: texts[$0 + 1], after: texts[$0 + 2])
      }
    }
    let called: Int = packet.take()
    for _ in 0..<called {
      let index: Int = packet.take()
      callers[index] = packet.takeAll()
    }
    let noted: Int = packet.take()
    for _ in 0..<noted {
      let index: Int = packet.take()
      notes[index] = packet.takeTexts()
    }
  }
}
