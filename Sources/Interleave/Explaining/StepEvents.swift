import InterleaveEngine

/// What the steps of a run did besides, named for people.
struct StepEvents {
  private var events: [Int: [Interleaving.Event]] = [:]
  private var locks: [Int: [Interleaving.Lock]] = [:]

  /// - Parameters:
  ///   - trace: The run.
  ///   - count: The number of steps up to the failure.
  init(_ trace: RunTrace, upTo count: Int) {
    let noted = trace.events.filter { $0.step < count }
    guard !noted.isEmpty else { return }
    // All at once: many addresses in one batch take little longer than one.
    _ = Symbolicator.shared.places(of: noted.flatMap { $0.calls.map(Self.address) })
    let told = Self.locks(worthTelling: noted, in: trace, upTo: count)
    for event in noted {
      note(lockOf: event)
      guard let named = Self.name(event, in: trace, told) else { continue }
      // Of what is done again and again in one step, once is enough.
      if events[event.step]?.contains(named) != true {
        events[event.step, default: []].append(named)
      }
    }
  }

  /// What a step did, by its index.
  subscript(step: Int) -> [Interleaving.Event] { events[step] ?? [] }

  /// The locks that a step took, each once, in their order.
  func locks(ofStep step: Int) -> [Interleaving.Lock] { locks[step] ?? [] }

  private mutating func note(lockOf event: RunEvent) {
    guard event.kind == .locked,
      locks[event.step]?.contains(where: { $0.number == event.lock }) != true
    else { return }
    let calls = Symbolicator.shared.places(of: event.calls.map(Self.address)).compactMap { code in
      code.isUsers ? code.place.map { Interleaving.Call(function: code.function, place: $0) } : nil
    }
    guard !calls.isEmpty else { return }
    locks[event.step, default: []].append(Interleaving.Lock(number: event.lock, calls: calls))
  }

  private static func address(_ call: UInt) -> CodeAddress {
    CodeAddress(instruction: call, isStart: false)
  }

  /// The numbers by which locks are told, in the order in which they were taken first.
  ///
  /// Which task had a lock when explains something where steps were interrupted inside, and where
  /// several tasks take it.
  private static func locks(
    worthTelling events: [RunEvent], in trace: RunTrace, upTo count: Int
  ) -> [Int: Int] {
    guard trace.steps.prefix(count).contains(where: { $0.end == .interrupted }) else { return [:] }
    var takers: [Int: Set<Int>] = [:]
    var order: [Int] = []
    for event in events where event.kind == .locked {
      if takers[event.lock] == nil { order.append(event.lock) }
      takers[event.lock, default: []].insert(trace.steps[event.step].key.task)
    }
    let shared = order.filter { takers[$0, default: []].count > 1 }
    return Dictionary(uniqueKeysWithValues: zip(shared, 1...))
  }

  private static func name(
    _ event: RunEvent, in trace: RunTrace, _ locks: [Int: Int]
  ) -> Interleaving.Event? {
    let calls = Symbolicator.shared.places(of: event.calls.map(address))
    var named = Interleaving.Event(
      kind: event.kind, task: event.task < 0 ? nil : trace.path(ofTask: event.task),
      place: calls.first { $0.isUsers }?.place)
    switch event.kind {
    case .cancelled:
      if event.hadEnded { named.detail = "which had ended" }
    case .threw: named.detail = event.text
    case .resumed:
      // What the runtime resumes by itself, nobody wrote down.
      guard named.place != nil else { return nil }
    case .locked:
      guard let number = locks[event.lock], named.place != nil else { return nil }
      named.detail = "\(number)"
    case .wokenFromOutside: named.detail = event.text
    case .asked, .dropped, .finished, .talkedToOutside: break
    }
    return named
  }
}
