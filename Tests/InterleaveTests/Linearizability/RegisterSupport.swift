import Interleave

/// A register that can be read, written, and written if it has a given value.
enum RegisterOperation: Hashable, Sendable {
  case read
  case write(Int)
  case replace(Int, with: Int)
}

/// What a register returns: its value for a read, 1 or 0 for whether it was written.
var register: SequentialModel<Int, RegisterOperation, Int> {
  SequentialModel(initial: 0) { value, operation in
    switch operation {
    case .read: return value
    case .write(let new):
      value = new
      return 1
    case .replace(let old, let new):
      guard value == old else { return 0 }
      value = new
      return 1
    }
  }
}

/// The same register as a relation, without a single answer.
var registerRelation: SequentialModel<Int, RegisterOperation, Int> {
  func value(_ old: Int, after operation: RegisterOperation) -> Int {
    switch operation {
    case .read: old
    case .write(let new): new
    case .replace(let expected, let new): old == expected ? new : old
    }
  }
  return SequentialModel(
    initial: 0,
    next: { old, operation, response in
      let isPossible =
        switch operation {
        case .read: response == old
        case .write: response == 1
        case .replace(let expected, _): response == (old == expected ? 1 : 0)
        }
      return isPossible ? value(old, after: operation) : nil
    },
    pending: { [value($0, after: $1)] })
}

typealias RegisterHistory = History<RegisterOperation, Int>

/// A random history of up to five calls on two or three lanes; some calls stay pending.
func randomHistory(_ random: inout SplitMix64) -> RegisterHistory {
  var history = RegisterHistory()
  let lanes = 2 + random.below(2)
  var left = 2 + random.below(4)
  var open: [Int?] = Array(repeating: nil, count: lanes)
  var cutOff: Set<Int> = []
  while true {
    let lane = random.below(lanes)
    if cutOff.contains(lane) {
      if cutOff.count == lanes { return history }
      continue
    }
    if open[lane] != nil {
      if random.below(12) == 0 {
        cutOff.insert(lane)
      } else {
        let call = history.calls.last { $0.lane == lane }
        let isRead = call?.operation == .read
        history.respond(isRead ? random.below(2) : random.below(8) == 0 ? 0 : 1, lane: lane)
        open[lane] = nil
      }
    } else if left > 0 {
      left -= 1
      let operation: RegisterOperation =
        switch random.below(4) {
        case 0, 1: .read
        case 2: .write(random.below(2))
        default: .replace(random.below(2), with: random.below(2))
        }
      open[lane] = history.invoke(operation, lane: lane)
    } else if open.allSatisfy({ $0 == nil }) || cutOff.count == lanes
      || open.indices.allSatisfy({ open[$0] == nil || cutOff.contains($0) })
    {
      return history
    }
  }
}

/// Tries every order of every set of calls that contains the completed ones.
func isExplained(_ history: RegisterHistory, respectingTime: Bool) -> Bool {
  let calls = history.calls
  let count = calls.count
  func mustPrecede(_ a: Int, _ b: Int) -> Bool {
    if calls[a].lane == calls[b].lane { return a < b }
    guard respectingTime, let returned = calls[a].returned else { return false }
    return returned < calls[b].invoked
  }
  var precedes = Array(repeating: false, count: count * count)
  for a in 0..<count {
    for b in 0..<count { precedes[a * count + b] = a != b && mustPrecede(a, b) }
  }
  func fits(_ order: [Int]) -> Bool {
    for later in order.indices {
      for earlier in 0..<later where precedes[order[later] * count + order[earlier]] {
        return false
      }
    }
    var value = 0
    for index in order {
      var response: Int
      switch calls[index].operation {
      case .read: response = value
      case .write(let new):
        response = 1
        value = new
      case .replace(let old, let new):
        response = value == old ? 1 : 0
        if value == old { value = new }
      }
      if let seen = calls[index].response, seen != response { return false }
    }
    return true
  }
  let pending = (0..<count).filter { calls[$0].returned == nil }
  let completed = (0..<count).filter { calls[$0].returned != nil }
  for chosen in 0..<(1 << pending.count) {
    var order = completed
    for (bit, call) in pending.enumerated() where chosen & (1 << bit) != 0 { order.append(call) }
    if anyPermutation(&order, from: 0, satisfies: fits) { return true }
  }
  return false
}

private func anyPermutation(
  _ elements: inout [Int], from start: Int, satisfies predicate: ([Int]) -> Bool
) -> Bool {
  if start + 1 >= elements.count { return predicate(elements) }
  for index in start..<elements.count {
    elements.swapAt(start, index)
    defer { elements.swapAt(start, index) }
    if anyPermutation(&elements, from: start + 1, satisfies: predicate) { return true }
  }
  return false
}

extension ConsistencyVerdict {
  var isConsistent: Bool {
    if case .consistent = self { true } else { false }
  }

  var violation: ConsistencyViolation? {
    if case .inconsistent(let violation) = self { violation } else { nil }
  }
}
