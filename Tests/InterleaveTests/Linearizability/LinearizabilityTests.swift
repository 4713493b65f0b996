import Interleave
import Testing

@Suite struct LinearizabilityTests {
  /// Reads and writes of a register, written as events of lanes.
  private func history(_ build: (inout RegisterHistory) -> Void) -> RegisterHistory {
    var history = RegisterHistory()
    build(&history)
    return history
  }

  // MARK: What is found, and what passes

  @Test func callsThatDoNotOverlapKeepTheirOrder() {
    let stale = history {
      $0.invoke(.write(1), lane: 0)
      $0.respond(1, lane: 0)
      $0.invoke(.read, lane: 1)
      $0.respond(0, lane: 1)
    }
    #expect(!register.checkLinearizability(of: stale).isConsistent)
    #expect(register.checkSequentialConsistency(of: stale) == .consistent(order: [1, 0]))
  }

  @Test func callsThatOverlapMayTakeEffectInEitherOrder() {
    for value in [0, 1] {
      let overlapping = history {
        $0.invoke(.write(1), lane: 0)
        $0.invoke(.read, lane: 1)
        $0.respond(value, lane: 1)
        $0.respond(1, lane: 0)
      }
      #expect(
        register.checkLinearizability(of: overlapping)
          == .consistent(order: value == 0 ? [1, 0] : [0, 1]))
    }
  }

  @Test func whatOneReadHasSeenALaterReadSeesToo() {
    let newThenOld = history {
      $0.invoke(.write(1), lane: 0)
      $0.invoke(.read, lane: 1)
      $0.respond(1, lane: 1)
      $0.invoke(.read, lane: 2)
      $0.respond(0, lane: 2)
      $0.respond(1, lane: 0)
    }
    #expect(!register.checkLinearizability(of: newThenOld).isConsistent)
    #expect(register.checkSequentialConsistency(of: newThenOld).isConsistent)
  }

  @Test func aLanesOwnCallsKeepTheirOrderInAnyCase() {
    let forgotten = history {
      $0.invoke(.write(1), lane: 0)
      $0.respond(1, lane: 0)
      $0.invoke(.read, lane: 0)
      $0.respond(0, lane: 0)
    }
    #expect(!register.checkLinearizability(of: forgotten).isConsistent)
    #expect(!register.checkSequentialConsistency(of: forgotten).isConsistent)
  }

  @Test func anEmptyHistoryIsLinearizable() {
    #expect(register.checkLinearizability(of: RegisterHistory()) == .consistent(order: []))
  }

  @Test func aPendingCallMayHaveHappenedOrNot() {
    for value in [0, 1] {
      let cutOff = history {
        $0.invoke(.write(1), lane: 0)
        $0.invoke(.read, lane: 1)
        $0.respond(value, lane: 1)
      }
      for model in [register, registerRelation] {
        #expect(
          model.checkLinearizability(of: cutOff)
            == .consistent(order: value == 0 ? [1] : [0, 1]))
      }
    }
  }

  @Test func aPendingCallDoesNotHappenBeforeItsInvocationNorTwice() {
    let early = history {
      $0.invoke(.read, lane: 1)
      $0.respond(1, lane: 1)
      $0.invoke(.write(1), lane: 0)
    }
    #expect(!register.checkLinearizability(of: early).isConsistent)
    let twice = history {
      $0.invoke(.write(1), lane: 0)
      for value in [1, 0, 1] {
        $0.invoke(value == 0 ? .write(0) : .read, lane: 1)
        $0.respond(1, lane: 1)
      }
    }
    #expect(!register.checkLinearizability(of: twice).isConsistent)
  }

  // MARK: What is said about it

  @Test func aViolationShowsTheLongestOrderAndWhatTheModelWouldHaveAllowed() throws {
    let stale = history {
      $0.invoke(.write(2), lane: 0)
      $0.respond(1, lane: 0)
      $0.invoke(.read, lane: 1)
      $0.respond(0, lane: 1)
      $0.invoke(.write(7), lane: 2)
    }
    let violation = try #require(register.checkLinearizability(of: stale).violation)
    #expect(violation.explained == [0])
    #expect(violation.misfits == [.init(call: 1, allowed: ["2"])])
    #expect(
      violation.report(of: stale) == """
        No order of these calls explains their responses:
          lane 0  .write(2) -> 1          0-1
          lane 1  .read -> 0              2-3
          lane 2  .write(7) -> (pending)  4-
        The longest order that the model explains:
          1. .write(2) -> 1  (lane 0)
        Then the model is in the state 2, and next could come:
          .read -> 0  (lane 1): the model allows 2
        """)
  }

  @Test func ofOrdersOfOneLengthTheOneThatIsTriedFirstIsShown() throws {
    let torn = history {
      $0.invoke(.write(1), lane: 0)
      $0.invoke(.write(2), lane: 1)
      $0.respond(1, lane: 0)
      $0.respond(1, lane: 1)
      $0.invoke(.read, lane: 2)
      $0.respond(3, lane: 2)
    }
    let violation = try #require(register.checkLinearizability(of: torn).violation)
    // The write that returned first comes first.
    #expect(violation.explained == [0, 1])
    #expect(violation.misfits == [.init(call: 2, allowed: ["2"])])
  }

  @Test func aModelWithSeveralAnswersAllowsThoseOfTheHistory() throws {
    let stale = history {
      $0.invoke(.read, lane: 1)
      $0.respond(2, lane: 1)
      $0.invoke(.write(1), lane: 0)
      $0.respond(1, lane: 0)
    }
    let violation = try #require(registerRelation.checkLinearizability(of: stale).violation)
    #expect(violation.misfits == [.init(call: 0, allowed: [])])
    #expect(violation.report(of: stale).contains("allows none of the responses in this history"))
    #expect(violation.report(of: stale).contains("The model explains none of them as the first."))
  }

  @Test func aSearchThatGrowsTooLargeIsUndecided() {
    var random = SplitMix64(seed: 1)
    let large = concurrentHistory(lanes: 2, calls: 50, &random)
    #expect(register.checkLinearizability(of: large, limit: 10) == .undecided(explored: 10))
  }

  // MARK: Keys

  private enum MapOperation: Hashable, Sendable {
    case put(String, Int)
    case get(String)

    var key: String {
      switch self {
      case .put(let key, _), .get(let key): key
      }
    }
  }

  private let map = SequentialModel<[String: Int], MapOperation, Int>(initial: [:]) {
    values, operation in
    switch operation {
    case .put(let key, let value):
      values[key] = value
      return 0
    case .get(let key): return values[key] ?? -1
    }
  }

  @Test func eachKeyIsCheckedByItselfAndTheOrdersAreMerged() throws {
    for seed in 0..<200 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      var history = History<MapOperation, Int>()
      var values: [String: Int] = [:]
      var open: [Int: Int] = [:]
      for _ in 0..<40 {
        let lane = random.below(3)
        if let response = open.removeValue(forKey: lane) {
          history.respond(response, lane: lane)
          continue
        }
        let key = ["a", "b", "c"][random.below(3)]
        let number = random.below(5)
        let isPut = random.below(2) == 0
        history.invoke(isPut ? .put(key, number) : .get(key), lane: lane)
        if isPut { values[key] = number }
        let wrong = seed % 2 == 1 && random.below(10) == 0
        open[lane] = isPut ? 0 : wrong ? random.below(5) : values[key] ?? -1
      }
      let whole = map.checkLinearizability(of: history)
      let parts = map.checkLinearizability(of: history, partitionedBy: \.key)
      #expect(whole.isConsistent == parts.isConsistent, "seed \(seed)")
      if case .consistent(let order) = parts {
        #expect(isInOrderOfTime(order, history), "seed \(seed)")
        var state: [String: Int] = [:]
        for call in order {
          guard let response = history.calls[call].response else {
            state = map.pending(state, history.calls[call].operation)[0]
            continue
          }
          state = try #require(
            map.next(state, history.calls[call].operation, response), "seed \(seed)")
        }
      }
      if seed % 2 == 0 { #expect(parts.isConsistent) }
    }
  }

  @Test func aViolationOfAKeyLooksAtThatKeyAlone() throws {
    var history = History<MapOperation, Int>()
    for (operation, response) in [
      (.put("a", 1), 0), (.put("b", 2), 0), (.get("b"), 5), (.get("a"), 1),
    ] as [(MapOperation, Int)] {
      history.invoke(operation, lane: 0)
      history.respond(response, lane: 0)
    }
    let violation = try #require(
      map.checkLinearizability(of: history, partitionedBy: \.key).violation)
    #expect(violation.calls == [1, 2])
    #expect(violation.state == #"["b": 2]"#)
    #expect(violation.misfits == [.init(call: 2, allowed: ["2"])])
  }

  private func isInOrderOfTime<Operation, Response>(
    _ order: [Int], _ history: History<Operation, Response>
  ) -> Bool {
    order.indices.allSatisfy { later in
      order[..<later].allSatisfy { earlier in
        (history.calls[order[later]].returned ?? .max) > history.calls[earlier].invoked
      }
    }
  }

  // MARK: Against brute force, and speed

  /// 100,000 histories where the code is optimized, else 30,000.
  @Test func itAgreesWithBruteForceOnRandomSmallHistories() {
    #if DEBUG
      let count = 30_000
    #else
      let count = 100_000
    #endif
    var random = SplitMix64(seed: 2026)
    var (linearizable, sequential, disagreements) = (0, 0, 0)
    for _ in 0..<count {
      let history = randomHistory(&random)
      let isLinearizable = isExplained(history, respectingTime: true)
      let isSequential = isExplained(history, respectingTime: false)
      linearizable += isLinearizable ? 1 : 0
      sequential += isSequential ? 1 : 0
      for model in [register, registerRelation] {
        if model.checkLinearizability(of: history).isConsistent != isLinearizable
          || model.checkSequentialConsistency(of: history).isConsistent != isSequential
        {
          disagreements += 1
        }
      }
    }
    #expect(disagreements == 0)
    #expect(linearizable > count / 5 && linearizable < count * 4 / 5, "\(linearizable)")
    #expect(sequential > linearizable + count / 50, "\(sequential) \(linearizable)")
  }

  /// A history of a register that takes effect at one moment within each call.
  private func concurrentHistory(
    lanes: Int, calls: Int, _ random: inout SplitMix64
  ) -> RegisterHistory {
    var history = RegisterHistory()
    var value = 0
    var left = Array(repeating: calls, count: lanes)
    var open: [(operation: RegisterOperation, response: Int?)?] = Array(
      repeating: nil, count: lanes)
    while left.contains(where: { $0 > 0 }) || open.contains(where: { $0 != nil }) {
      let lane = random.below(lanes)
      switch open[lane] {
      case nil where left[lane] > 0:
        left[lane] -= 1
        let operation: RegisterOperation =
          switch random.below(3) {
          case 0: .read
          case 1: .write(random.below(50))
          default: .replace(value, with: random.below(50))
          }
        open[lane] = (operation, nil)
        history.invoke(operation, lane: lane)
      case (let operation, nil)?:
        switch operation {
        case .read: open[lane] = (operation, value)
        case .write(let new):
          value = new
          open[lane] = (operation, 1)
        case .replace(let old, let new):
          open[lane] = (operation, value == old ? 1 : 0)
          if value == old { value = new }
        }
      case (_, let response?)?:
        history.respond(response, lane: lane)
        open[lane] = nil
      default: break
      }
    }
    return history
  }

  @Test func twoLanesOfFiveHundredCallsAreDecidedInUnderASecond() throws {
    for seed in 0..<5 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let history = concurrentHistory(lanes: 2, calls: 500, &random)
      #expect(history.calls.count == 1_000)
      let clock = ContinuousClock()
      var verdict: ConsistencyVerdict?
      let right = clock.measure { verdict = register.checkLinearizability(of: history) }
      #expect(verdict?.isConsistent == true)
      #expect(right < .seconds(1))

      var wrong = RegisterHistory()
      let broken = try #require(history.calls.lastIndex { $0.operation == .read })
      for (index, call, isInvocation) in events(of: history) {
        if isInvocation {
          wrong.invoke(call.operation, lane: call.lane)
        } else {
          wrong.respond(index == broken ? 99 : call.response ?? 0, lane: call.lane)
        }
      }
      let found = clock.measure { verdict = register.checkLinearizability(of: wrong) }
      #expect(verdict?.violation?.misfits.contains { $0.call == broken } == true)
      #expect(found < .seconds(1))
    }
  }

  private func events(
    of history: RegisterHistory
  ) -> [(Int, RegisterHistory.Call, isInvocation: Bool)] {
    var events: [(at: Int, Int, RegisterHistory.Call, Bool)] = []
    for (index, call) in history.calls.enumerated() {
      events.append((call.invoked, index, call, true))
      if let returned = call.returned { events.append((returned, index, call, false)) }
    }
    return events.sorted { $0.at < $1.at }.map { ($0.1, $0.2, $0.3) }
  }
}
