/// Makes what is generated for a failing run as simple as it can, while the schedule is somebody
/// else's affair.
///
/// It drops lanes and operations, puts lanes one after another, moves operations to before the
/// lanes begin, and then makes values simpler, each by its choices alone (``ChoiceShrinker``) and
/// equal ones together. Each draft that it accepts is simpler than the last, so it ends.
struct ProgramShrinker {
  /// Runs a draft under some schedules.
  ///
  /// Returns what was drawn if one of them failed in the same way.
  typealias Attempt = (Draws) -> Draws?

  /// The simplest draws that fail, so far.
  private(set) var best: Draws
  private var refused: Set<Draws> = []
  private var hasChanged = false

  init(_ failing: Draws) {
    best = failing
  }

  /// Tries everything once over, until nothing changes any more.
  ///
  /// - Parameters:
  ///   - mayGoOn: Whether there is budget left.
  ///   - attempt: Runs a draft.
  /// - Returns: Something was made simpler.
  mutating func shrink(while mayGoOn: () -> Bool, _ attempt: Attempt) -> Bool {
    refused = []
    var didChange = false
    repeat {
      hasChanged = false
      shrinkStructure(mayGoOn, attempt)
      shrinkValues(mayGoOn, attempt)
      didChange = didChange || hasChanged
    } while hasChanged && mayGoOn()
    return didChange
  }

  /// Tries a draft.
  ///
  /// - Returns: It took the best one's place.
  private mutating func adopt(_ draft: Draws, _ mayGoOn: () -> Bool, _ attempt: Attempt) -> Bool {
    let draft = draft.withoutEmptyLanes
    guard draft.isSimpler(than: best), mayGoOn(), !refused.contains(draft) else { return false }
    guard let drawn = attempt(draft), drawn.isSimpler(than: best) else {
      refused.insert(draft)
      return false
    }
    best = drawn
    hasChanged = true
    return true
  }

  // MARK: Structure

  private mutating func shrinkStructure(_ mayGoOn: () -> Bool, _ attempt: Attempt) {
    var structures: [Int: [Draws]] = [:]
    var pass = 0
    var index = 0
    while pass < Self.passes.count, mayGoOn() {
      let drafts = structures[pass] ?? Self.passes[pass](best)
      structures = [pass: drafts]
      guard index < drafts.count else {
        pass += 1
        index = 0
        continue
      }
      if adopt(drafts[index], mayGoOn, attempt) {
        structures = [:]
        // What was larger may be dropped now.
        index = 0
      } else {
        index += 1
      }
    }
  }

  private static let passes: [@Sendable (Draws) -> [Draws]] = [
    { droppingLanes($0) }, { droppingOperations($0) }, { joiningLanes($0) },
    { movingIntoPrefix($0) }, { droppingPairs($0) },
    { swappingLanes($0) }, { droppingWhileRaising($0) },
  ]

  private static func droppingLanes(_ draws: Draws) -> [Draws] {
    draws.lanes.indices.map { lane in
      var draft = draws
      draft.lanes.remove(at: lane)
      return draft
    }
  }

  /// Without half of the operations of a lane, a quarter, and so on, the last ones first.
  private static func droppingOperations(_ draws: Draws) -> [Draws] {
    var drafts: [Draws] = []
    let longest = max(draws.prefix.count, draws.lanes.map(\.count).max() ?? 0)
    var size = longest
    while size > 0 {
      for lane in -1..<draws.lanes.count {
        let count = lane < 0 ? draws.prefix.count : draws.lanes[lane].count
        for start in stride(from: count - size, through: 0, by: -size) {
          var draft = draws
          draft.remove(start..<start + size, lane: lane)
          drafts.append(draft)
        }
      }
      size /= 2
    }
    return drafts
  }

  private static func joiningLanes(_ draws: Draws) -> [Draws] {
    draws.lanes.indices.flatMap { first in
      draws.lanes.indices.filter { $0 != first }.map { second in
        var draft = draws
        draft.lanes[first] += draft.lanes[second]
        draft.lanes.remove(at: second)
        return draft
      }
    }
  }

  private static func movingIntoPrefix(_ draws: Draws) -> [Draws] {
    draws.lanes.indices.map { lane in
      var draft = draws
      draft.prefix.append(draft.lanes[lane].removeFirst())
      return draft
    }
  }

  /// Without two operations that only matter together.
  private static func droppingPairs(_ draws: Draws) -> [Draws] {
    guard draws.count <= 12 else { return [] }
    let places = draws.places
    return places.indices.flatMap { first in
      places[(first + 1)...].map { second in
        var draft = draws
        // The later one first, so that the other's index stays right.
        draft.remove(second.index..<second.index + 1, lane: second.lane)
        draft.remove(places[first].index..<places[first].index + 1, lane: places[first].lane)
        return draft
      }
    }
  }

  /// With the lane first whose operations are simpler.
  private static func swappingLanes(_ draws: Draws) -> [Draws] {
    draws.lanes.indices.dropFirst().map { lane in
      var draft = draws
      draft.lanes.swapAt(lane - 1, lane)
      return draft
    }
  }

  /// Without an operation, what it did being added to another one: one withdrawal of 2 for two
  /// of 1.
  private static func droppingWhileRaising(_ draws: Draws) -> [Draws] {
    guard draws.count <= 6 else { return [] }
    let places = draws.places
    var drafts: [Draws] = []
    for dropped in places {
      for place in places where place != dropped {
        for (index, choice) in draws[place].choices.enumerated() {
          guard case .integer(let range, _) = choice.domain,
            case .integer(let value) = choice.value
          else { continue }
          for added in draws[dropped].choices where added.domain == choice.domain {
            guard case .integer(let other) = added.value, other > 0, range.contains(value + other)
            else { continue }
            var draft = draws
            draft[place].choices[index].value = .integer(value + other)
            draft.remove(dropped.index..<dropped.index + 1, lane: dropped.lane)
            drafts.append(draft)
          }
        }
      }
    }
    return drafts
  }

  // MARK: Values

  private mutating func shrinkValues(_ mayGoOn: () -> Bool, _ attempt: Attempt) {
    if best.doubles != nil { shrinkRecording(\.doublesRecording, mayGoOn, attempt) }
    if best.inputs != nil { shrinkRecording(\.inputRecording, mayGoOn, attempt) }
    var number = 0
    while number < best.places.count, mayGoOn() {
      shrinkRecording(\.[best.places[number]], mayGoOn, attempt)
      number += 1
    }
    shrinkEqualChoices(mayGoOn, attempt)
  }

  private mutating func shrinkRecording(
    _ path: WritableKeyPath<Draws, Recording>, _ mayGoOn: () -> Bool, _ attempt: Attempt
  ) {
    let shape = best.shape
    var shrinker = ChoiceShrinker(best[keyPath: path])
    while mayGoOn(), let candidate = shrinker.next() {
      var draft = best
      draft[keyPath: path] = Recording(choices: candidate.map(RecordedChoice.init(unknown:)))
      guard !refused.contains(draft), let drawn = attempt(draft), drawn.isSimpler(than: best)
      else {
        refused.insert(draft)
        shrinker.report(.passes)
        continue
      }
      best = drawn
      hasChanged = true
      // Another program than was asked for: its operations stand elsewhere.
      guard drawn.shape == shape else { return }
      shrinker.report(.fails(drawn[keyPath: path]))
    }
  }

  /// Lowers choices of several operations that are equal, such as a key that all of them use.
  private mutating func shrinkEqualChoices(_ mayGoOn: () -> Bool, _ attempt: Attempt) {
    var done: Set<RecordedChoice> = []
    while mayGoOn() {
      let choices = best.places.flatMap { best[$0].choices }
      let next = choices.first { choice in
        !choice.isSimplest && !done.contains(choice) && choices.count { $0 == choice } > 1
      }
      guard let next else { return }
      done.insert(next)
      guard case .integer(let range, let simplest) = next.domain,
        case .integer(let value) = next.value
      else { continue }
      let distance = value - simplest
      let targets = [simplest, simplest + distance.signum(), simplest + distance / 2]
      for target in targets + [value - distance.signum()]
      where target != value && range.contains(target) {
        var draft = best
        for place in draft.places {
          for index in draft[place].choices.indices where draft[place].choices[index] == next {
            draft[place].choices[index].value = .integer(target)
          }
        }
        if adopt(draft, mayGoOn, attempt) { break }
      }
    }
  }
}

extension Draws {
  /// Where an operation stands.
  struct Place: Hashable {
    /// -1 before the lanes begin.
    var lane: Int
    var index: Int
  }

  /// All operations, in order.
  var places: [Place] {
    prefix.indices.map { Place(lane: -1, index: $0) }
      + lanes.indices.flatMap { lane in
        lanes[lane].indices.map { Place(lane: lane, index: $0) }
      }
  }

  /// How many operations stand where.
  var shape: [Int] { [prefix.count] + lanes.map(\.count) }

  /// The choices behind the inputs, where there are some.
  fileprivate var inputRecording: Recording {
    get { inputs ?? Recording() }
    set { inputs = newValue }
  }

  /// The choices behind latencies and faults, where there are some.
  fileprivate var doublesRecording: Recording {
    get { doubles ?? Recording() }
    set { doubles = newValue }
  }

  subscript(place: Place) -> Recording {
    get { place.lane < 0 ? prefix[place.index] : lanes[place.lane][place.index] }
    set {
      if place.lane < 0 {
        prefix[place.index] = newValue
      } else {
        lanes[place.lane][place.index] = newValue
      }
    }
  }

  fileprivate mutating func remove(_ range: Range<Int>, lane: Int) {
    if lane < 0 {
      prefix.removeSubrange(range)
    } else {
      lanes[lane].removeSubrange(range)
    }
  }
}

extension RecordedChoice {
  /// A choice whose domain is known only once it is drawn.
  fileprivate init(unknown value: Choice) {
    self.init(value: value, domain: .boolean(forced: false))
  }
}
