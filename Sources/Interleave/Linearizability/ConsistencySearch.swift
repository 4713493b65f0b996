/// Looks for an order in which calls may have taken effect, one after the other.
///
/// The search of Wing and Gong ("Testing and verifying concurrent objects", JPDC 1993): take a
/// call that no other one must precede, ask the model, go on; step back where it does not fit.
/// With the cache of Lowe ("Testing for linearizability", CCPE 2017): the same calls that led to
/// the same state are not tried twice. As the calls of a lane follow each other, which calls have
/// taken effect is told by how many of each lane did.
struct ConsistencySearch<State: Hashable, Operation, Response> {
  private struct Situation: Hashable {
    var counts: [Int32]
    var state: State
  }

  private struct Frame {
    var state: State
    /// The lane whose call led here; -1 at the start.
    var lane: Int
    var successors: [(lane: Int, state: State)]
    var tried = 0
  }

  private let model: SequentialModel<State, Operation, Response>
  private let history: History<Operation, Response>
  private let lanes: [[Int]]
  private let respectsTime: Bool
  private let limit: Int

  /// When each call began.
  private let invoked: [Int]
  /// When each call returned; the largest number while pending.
  private let returned: [Int]

  private var counts: [Int32]
  /// The calls that have taken effect, in order.
  private var order: [Int] = []
  private var frames: [Frame] = []
  private var seen: Set<Situation> = []
  private var missing: Int
  private var fewestMissing: Int
  private var longest: [Int] = []
  private var longestState: State
  private var longestCounts: [Int32]

  /// Prepares a search.
  ///
  /// - Parameters:
  ///   - calls: The indices of the calls to look at, ascending.
  ///   - respectsTime: Whether a call that returned before another began must precede it even if
  ///     it was made by another lane.
  ///   - limit: How many situations may be looked at; at least 1.
  init(
    _ calls: [Int], of history: History<Operation, Response>,
    model: SequentialModel<State, Operation, Response>, respectsTime: Bool, limit: Int
  ) {
    self.model = model
    self.history = history
    self.respectsTime = respectsTime
    self.limit = limit
    var lanes: [[Int]] = []
    var numbers: [Int: Int] = [:]
    for call in calls {
      let lane = history.calls[call].lane
      if let number = numbers[lane] {
        lanes[number].append(call)
      } else {
        numbers[lane] = lanes.count
        lanes.append([call])
      }
    }
    self.lanes = lanes
    counts = Array(repeating: 0, count: lanes.count)
    invoked = history.calls.map(\.invoked)
    returned = history.calls.map { $0.returned ?? .max }
    missing = calls.count { history.calls[$0].returned != nil }
    fewestMissing = missing
    longestState = model.initial
    longestCounts = counts
  }

  /// Searches to the end.
  mutating func run() -> ConsistencyVerdict {
    seen = [Situation(counts: counts, state: model.initial)]
    frames = [Frame(state: model.initial, lane: -1, successors: successors(of: model.initial))]
    while missing > 0 {
      guard let last = frames.indices.last else { return .inconsistent(violation) }
      guard frames[last].tried < frames[last].successors.count else {
        stepBack()
        continue
      }
      let (lane, state) = frames[last].successors[frames[last].tried]
      frames[last].tried += 1
      counts[lane] += 1
      guard seen.insert(Situation(counts: counts, state: state)).inserted else {
        counts[lane] -= 1
        continue
      }
      guard seen.count <= limit else { return .undecided(explored: limit) }
      enter(lane, state)
    }
    return .consistent(order: order)
  }

  private mutating func enter(_ lane: Int, _ state: State) {
    let call = lanes[lane][Int(counts[lane]) - 1]
    if returned[call] != .max { missing -= 1 }
    order.append(call)
    frames.append(Frame(state: state, lane: lane, successors: successors(of: state)))
    if missing < fewestMissing {
      fewestMissing = missing
      longest = order
      longestState = state
      longestCounts = counts
    }
  }

  private mutating func stepBack() {
    let frame = frames.removeLast()
    guard frame.lane >= 0 else { return }
    counts[frame.lane] -= 1
    if returned[order.removeLast()] != .max { missing += 1 }
  }

  /// The next call of each lane that may take effect next; the one that returned first comes
  /// first, pending ones come last.
  private func candidates(after counts: [Int32]) -> [(lane: Int, call: Int)] {
    var candidates: [(lane: Int, call: Int)] = []
    var firstReturn = Int.max
    for lane in lanes.indices where Int(counts[lane]) < lanes[lane].count {
      let call = lanes[lane][Int(counts[lane])]
      candidates.append((lane, call))
      firstReturn = min(firstReturn, returned[call])
    }
    if respectsTime {
      candidates.removeAll { invoked[$0.call] > firstReturn }
    }
    return candidates.sorted { (returned[$0.call], $0.lane) < (returned[$1.call], $1.lane) }
  }

  private func successors(of state: State) -> [(lane: Int, state: State)] {
    candidates(after: counts).flatMap { lane, index -> [(lane: Int, state: State)] in
      let call = history.calls[index]
      guard let response = call.response else {
        return model.pending(state, call.operation).map { (lane, $0) }
      }
      return model.next(state, call.operation, response).map { [(lane, $0)] } ?? []
    }
  }

  private var violation: ConsistencyViolation {
    let misfits = candidates(after: longestCounts).filter { _, index in
      let call = history.calls[index]
      guard let response = call.response else { return false }
      return model.next(longestState, call.operation, response) == nil
    }
    return ConsistencyViolation(
      calls: lanes.joined().sorted(), explained: longest,
      state: SwiftLiteral.describe(longestState),
      misfits: misfits.map { _, index in
        ConsistencyViolation.Misfit(call: index, allowed: allowed(for: index))
      })
  }

  /// The responses that the model would have given, as Swift source.
  private func allowed(for index: Int) -> [String] {
    let operation = history.calls[index].operation
    if let answer = model.answer {
      return answer(longestState, operation).map { [SwiftLiteral.describe($0)] } ?? []
    }
    let possible = history.calls.compactMap(\.response).filter {
      model.next(longestState, operation, $0) != nil
    }
    return Set(possible.map { SwiftLiteral.describe($0) }).sorted()
  }
}
