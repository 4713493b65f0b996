import InterleaveEngine

/// What was noticed in runs that did not fail for it.
struct Observations: Sendable {
  /// An error, by the task's place and the error's type.
  struct ErrorKind: Hashable, Sendable {
    var site: UInt
    var caller: UInt
    var type: String
  }

  /// Errors that nobody looked at, in the words of the first.
  var errors: [ErrorKind: String] = [:]
  /// Steps that took long, in words.
  var slowSteps: Set<String> = []
  /// Steps that blocked threads of the pool, in words.
  var blockedSteps: Set<String> = []
  /// Why steps were not interrupted inside from some moment on, in words.
  var endsOfInterruptions: Set<String> = []
  /// In how many runs each thing came about that should sometimes, by its name.
  var sometimes: [String: Int] = [:]
  /// What bodies returned, by its hash.
  var outcomes: [UInt64: String] = [:]
  /// Where functions awaited others on an actor, by ``AwaitSite/resume``.
  var awaits: [UInt: AwaitSite] = [:]

  /// In which orders steps of different tasks ran on actors.
  var orders = OrdersSeen()

  /// Different errors are told up to this number.
  static let mostErrors = 20
}

extension Observations {
  /// What was noticed, for people, in an order that does not change.
  var lines: [String] {
    errors.values.sorted() + slowSteps.sorted() + blockedSteps.sorted()
  }

  /// What should have come about sometimes and never did in so many schedules.
  func missed(in schedules: Int) -> [String] {
    sometimes.filter { $0.value == 0 }.sorted { $0.key < $1.key }.map { name, _ in
      "`sometimes`: \(name): never in \(counted(schedules, "schedule"))"
    }
  }

  /// Takes over what is not known yet.
  mutating func add(_ other: Observations) {
    if other.isEmpty { return }
    for (name, seen) in other.sometimes {
      sometimes[name, default: 0] += seen
    }
    for kind in other.errors.keys.sorted(by: { ($0.site, $0.caller) < ($1.site, $1.caller) })
    where errors[kind] == nil && errors.count < Self.mostErrors {
      errors[kind] = other.errors[kind]
    }
    outcomes.merge(other.outcomes) { first, _ in first }
    orders.add(other.orders)
    slowSteps.formUnion(other.slowSteps)
    blockedSteps.formUnion(other.blockedSteps)
    endsOfInterruptions.formUnion(other.endsOfInterruptions)
    awaits.merge(other.awaits) { known, new in
      var site = known.calls.isEmpty ? new : known
      site.neverSuspends = known.neverSuspends && new.neverSuspends
      return site
    }
  }

  var isEmpty: Bool {
    errors.isEmpty && slowSteps.isEmpty && blockedSteps.isEmpty && endsOfInterruptions.isEmpty
      && sometimes.isEmpty && outcomes.isEmpty && awaits.isEmpty
      && orders.schedules == 0
  }

  func pack(into packet: inout Packet) {
    let kinds = errors.sorted { ($0.value, $0.key.site) < ($1.value, $1.key.site) }
    packet.put(kinds.count)
    for (kind, words) in kinds {
      packet.put(kind.site)
      packet.put(kind.caller)
      packet.put([kind.type, words])
    }
    packet.put(slowSteps.sorted())
    packet.put(blockedSteps.sorted())
    packet.put(endsOfInterruptions.sorted())
    let names = sometimes.keys.sorted()
    packet.put(names)
    packet.put(all: names.map { sometimes[$0] ?? 0 })
    packet.put(all: outcomes.keys.sorted())
    packet.put(outcomes.sorted { $0.key < $1.key }.map(\.value))
    orders.pack(into: &packet)
    packet.put(awaits.count)
    for site in awaits.values.sorted(by: { $0.resume < $1.resume }) {
      packet.put(all: [site.resume, site.neverSuspends ? 1 : 0] + site.calls)
    }
  }

  init(from packet: inout Packet) {
    let count: Int = packet.take()
    for _ in 0..<count {
      let (site, caller): (UInt, UInt) = (packet.take(), packet.take())
      let texts = packet.takeTexts()
      errors[ErrorKind(site: site, caller: caller, type: texts[0])] = texts[1]
    }
    slowSteps = Set(packet.takeTexts())
    blockedSteps = Set(packet.takeTexts())
    endsOfInterruptions = Set(packet.takeTexts())
    let names = packet.takeTexts()
    sometimes = Dictionary(uniqueKeysWithValues: zip(names, packet.takeAll(Int.self)))
    let hashes: [UInt64] = packet.takeAll()
    outcomes = Dictionary(uniqueKeysWithValues: zip(hashes, packet.takeTexts()))
    orders = OrdersSeen(from: &packet)
    let sites: Int = packet.take()
    for _ in 0..<sites {
      let numbers: [UInt] = packet.takeAll()
      awaits[numbers[0]] = AwaitSite(
        resume: numbers[0], neverSuspends: numbers[1] == 1, calls: Array(numbers.dropFirst(2)))
    }
  }
}

extension CodePlace {
  /// The function and the place; `the runtime` where neither is known.
  var words: String {
    guard let place else { return function.isEmpty ? "the runtime" : function }
    return function.isEmpty ? "\(place)" : "\(function) (\(place))"
  }
}
