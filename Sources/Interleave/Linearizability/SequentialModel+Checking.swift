extension SequentialModel {
  /// How many situations are looked at before a check is given up.
  package static var defaultLimit: Int { 2_000_000 }

  /// Checks whether a history is linearizable: whether each call may have taken effect at one
  /// moment between its invocation and its response.
  ///
  /// Herlihy, Wing: "Linearizability: a correctness condition for concurrent objects",
  /// TOPLAS 1990.
  ///
  /// - Parameters:
  ///   - history: What was called and returned.
  ///   - limit: How many situations may be looked at; at least 1.
  package func checkLinearizability(
    of history: History<Operation, Response>, limit: Int = defaultLimit
  ) -> ConsistencyVerdict {
    check(Array(history.calls.indices), of: history, respectsTime: true, limit: limit)
  }

  /// Checks whether a history is linearizable, for each key by itself.
  ///
  /// Valid where operations on one key neither change nor see what belongs to another; then the
  /// whole is linearizable if each part is (Herlihy and Wing's locality; Horn, Kroening: "Faster
  /// linearizability checking via P-compositionality", FORTE 2015).
  ///
  /// - Parameters:
  ///   - history: What was called and returned.
  ///   - key: What an operation works on. The model sees the operations of one key alone.
  ///   - limit: How many situations may be looked at for each key; at least 1.
  package func checkLinearizability<Key: Hashable>(
    of history: History<Operation, Response>, partitionedBy key: (Operation) -> Key,
    limit: Int = defaultLimit
  ) -> ConsistencyVerdict {
    var parts: [[Int]] = []
    var numbers: [Key: Int] = [:]
    for (index, call) in history.calls.enumerated() {
      let key = key(call.operation)
      if let number = numbers[key] {
        parts[number].append(index)
      } else {
        numbers[key] = parts.count
        parts.append([index])
      }
    }
    var orders: [[Int]] = []
    var undecided: ConsistencyVerdict?
    for part in parts {
      switch check(part, of: history, respectsTime: true, limit: limit) {
      case .consistent(let order): orders.append(order)
      case .inconsistent(let violation): return .inconsistent(violation)
      case .undecided(let explored): undecided = .undecided(explored: explored)
      }
    }
    return undecided ?? .consistent(order: Self.merge(orders, of: history))
  }

  /// Checks whether a history is sequentially consistent: whether some order explains it in which
  /// each lane's calls keep theirs, whatever the time between lanes.
  ///
  /// Lamport: "How to make a multiprocessor computer that correctly executes multiprocess
  /// programs", IEEE ToC 1979. It cannot be checked key by key.
  ///
  /// - Parameters:
  ///   - history: What was called and returned.
  ///   - limit: How many situations may be looked at; at least 1.
  package func checkSequentialConsistency(
    of history: History<Operation, Response>, limit: Int = defaultLimit
  ) -> ConsistencyVerdict {
    check(Array(history.calls.indices), of: history, respectsTime: false, limit: limit)
  }

  private func check(
    _ calls: [Int], of history: History<Operation, Response>, respectsTime: Bool, limit: Int
  ) -> ConsistencyVerdict {
    var search = ConsistencySearch(
      calls, of: history, model: self, respectsTime: respectsTime, limit: limit)
    return search.run()
  }

  /// One order of all calls that keeps the order of each part, and that of time.
  private static func merge(
    _ orders: [[Int]], of history: History<Operation, Response>
  ) -> [Int] {
    let calls = history.calls
    var waiting = orders.joined().filter { calls[$0].returned != nil }
      .sorted { (calls[$0].returned ?? 0) < (calls[$1].returned ?? 0) }[...]
    var taken: Set<Int> = []
    var heads = Array(repeating: 0, count: orders.count)
    var merged: [Int] = []
    let total = orders.reduce(0) { $0 + $1.count }
    while merged.count < total {
      while let first = waiting.first, taken.contains(first) { waiting.removeFirst() }
      let firstReturn = waiting.first.flatMap { calls[$0].returned } ?? .max
      let free = orders.indices.first { part in
        heads[part] < orders[part].count
          && calls[orders[part][heads[part]]].invoked < firstReturn
      }
      guard let free else { preconditionFailure("the orders of the parts contradict each other") }
      let call = orders[free][heads[free]]
      heads[free] += 1
      taken.insert(call)
      merged.append(call)
    }
    return merged
  }
}
