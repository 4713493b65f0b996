/// One run as its steps and what each of them touched.
///
/// Two steps depend on each other if they are of one task, one made the other ready,
/// or they touched the same object in modes that conflict. The transitive closure
/// of that, in the order of the run, is what happens before what; runs of which it
/// is the same are the same interleaving (Mazurkiewicz: "Trace theory", 1987).
package struct StepTrace: Sendable {
  /// A step of the run.
  package struct Step: Sendable, Hashable {
    package var key: StepKey
    /// The index of the step that made this one ready; -1 for none.
    package var cause: Int
    /// The mailbox in which it waited; nil where no order is kept.
    package var mailbox: UInt64?
    /// The first moment at which it may have arrived there.
    package var earliest: Int
    /// The last moment at which it may have arrived there, had it not run before.
    package var latest: Int
    package var accesses: [Access]

    package init(
      key: StepKey, cause: Int, mailbox: UInt64? = nil, earliest: Int = 0, latest: Int = .max,
      accesses: [Access]
    ) {
      self.key = key
      self.cause = cause
      self.mailbox = mailbox
      self.earliest = earliest
      self.latest = latest
      self.accesses = accesses
    }

    /// The step had to wait for another one that had arrived in its mailbox before it.
    func isBehind(_ other: Step) -> Bool {
      mailbox != nil && mailbox == other.mailbox && other.latest < earliest
    }
  }

  /// Two steps that run in this order, and that could run in the other.
  package struct Race: Sendable, Hashable {
    package var first: Int
    package var second: Int

    package init(first: Int, second: Int) {
      self.first = first
      self.second = second
    }
  }

  package let steps: [Step]
  /// For each step, the later ends of its edges: the steps that it depends on with
  /// no other between.
  package let predecessors: [[Int]]
  /// For each step, the set of all that happen before it.
  private let before: BitRows

  /// Makes a trace.
  ///
  /// - Parameter steps: The steps in the order in which they ran.
  package init(_ steps: [Step]) {
    self.steps = steps
    var before = BitRows(count: steps.count)
    var predecessors: [[Int]] = []
    predecessors.reserveCapacity(steps.count)
    for index in steps.indices {
      var direct: [Int] = []
      for earlier in stride(from: index - 1, through: 0, by: -1)
      where !before.contains(earlier, in: index)
        && Self.depends(steps[index], on: steps[earlier], at: earlier)
      {
        direct.append(earlier)
        before.insert(earlier, andAllBefore: earlier, into: index)
      }
      predecessors.append(direct)
    }
    self.predecessors = predecessors
    self.before = before
  }

  private static func depends(_ step: Step, on other: Step, at index: Int) -> Bool {
    step.key.task == other.key.task || step.cause == index
      || step.accesses.conflict(with: other.accesses, sameRun: true)
  }

  /// The races that end with the given step.
  ///
  /// A step that made the other ready, or that had arrived in the same mailbox before
  /// it, comes first in every run in which both are.
  package func races(endingAt second: Int) -> [Race] {
    let step = steps[second]
    return predecessors[second].compactMap { first in
      let other = steps[first]
      guard other.key.task != step.key.task, step.cause != first, !step.isBehind(other)
      else { return nil }
      return Race(first: first, second: second)
    }
  }

  /// A step, and all that happen before it, in their order.
  package func past(of step: Int) -> [Int] {
    (0..<step).filter { before.contains($0, in: step) } + [step]
  }

  /// What must run, from the state before a race's first step, to turn it round:
  /// the steps after the first that do not depend on it, and the second.
  package func reversal(of race: Race) -> [Int] {
    (race.first + 1..<race.second).filter { !before.contains(race.first, in: $0) } + [race.second]
  }

  /// All steps in the order that turns a race round, the rest as it was.
  package func order(of race: Race) -> [StepKey] {
    let reversal = reversal(of: race)
    let moved = Set(reversal)
    let rest = (race.first..<steps.count).filter { !moved.contains($0) }
    return (Array(0..<race.first) + reversal + rest).map { steps[$0].key }
  }

  /// Of a list of steps in their order, those that could come first.
  package func initials(of steps: [Int]) -> [Int] {
    steps.enumerated().filter { place, step in
      !steps[..<place].contains { before.contains($0, in: step) }
    }.map(\.element)
  }
}

extension [Access] {
  /// The order of two steps that touched these matters.
  ///
  /// - Parameter sameRun: Both were recorded in one run, so that locks can be told
  ///   apart.
  func conflict(with other: [Access], sameRun: Bool) -> Bool {
    for mine in self {
      for theirs in other where mine.mode.conflicts(with: theirs.mode) {
        if mine.object == theirs.object || (!sameRun && mine.isLock && theirs.isLock) {
          return true
        }
      }
    }
    return false
  }
}

/// A square of bits, a row for each step.
private struct BitRows: Sendable {
  private var words: [UInt64]
  private let width: Int

  init(count: Int) {
    width = (count + 63) / 64
    words = Array(repeating: 0, count: width * count)
  }

  @inline(__always)
  func contains(_ bit: Int, in row: Int) -> Bool {
    words[row * width + bit / 64] >> UInt64(bit % 64) & 1 != 0
  }

  mutating func insert(_ bit: Int, andAllBefore other: Int, into row: Int) {
    for word in 0..<width { words[row * width + word] |= words[other * width + word] }
    words[row * width + bit / 64] |= 1 << UInt64(bit % 64)
  }
}
