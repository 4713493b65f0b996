/// All choices behind what was generated for a run: its inputs, or its program of operations.
///
/// Each operation keeps its own choices, so that a program can be cut and put together in
/// another way without drawing anything anew.
package struct Draws: Sendable, Hashable {
  /// The choices behind the inputs; nil for a program that has none.
  package var inputs: Recording?
  /// The operations before the lanes begin, in order.
  package var prefix: [Recording]
  /// The operations of each lane, in order.
  package var lanes: [[Recording]]

  /// The choices behind the latencies and faults of test doubles; nil where none were drawn.
  package var doubles: Recording?

  package init(inputs: Recording? = nil, prefix: [Recording] = [], lanes: [[Recording]] = []) {
    self.inputs = inputs
    self.prefix = prefix
    self.lanes = lanes
  }

  /// The number of operations.
  package var count: Int { prefix.count + concurrent }

  /// The number of operations in lanes.
  private var concurrent: Int { lanes.reduce(0) { $0 + $1.count } }

  /// Everything that was drawn for the program, in order.
  private var recordings: [Recording] {
    (inputs.map { [$0] } ?? []) + prefix + lanes.joined()
  }

  /// Whether this is simpler: fewer operations, fewer lanes, fewer operations in lanes, fewer
  /// choices, simpler choices, in this order.
  package func isSimpler(than other: Draws) -> Bool {
    let mine = recordings + (doubles.map { [$0] } ?? [])
    let theirs = other.recordings + (other.doubles.map { [$0] } ?? [])
    let numbers = zip(
      [count, lanes.count, concurrent, mine.reduce(0) { $0 + $1.choices.count }],
      [
        other.count, other.lanes.count, other.concurrent,
        theirs.reduce(0) { $0 + $1.choices.count },
      ])
    for (a, b) in numbers where a != b { return a < b }
    for (a, b) in zip(mine.lazy.flatMap(\.choices), theirs.lazy.flatMap(\.choices)) {
      let (a, b) = (a.complexity, b.complexity)
      if a != b { return a < b }
    }
    return false
  }

  /// The same without empty lanes.
  var withoutEmptyLanes: Draws {
    var draws = self
    draws.lanes.removeAll(where: \.isEmpty)
    return draws
  }
}

// MARK: As rows of words

extension Draws {
  /// A row of words for the inputs, or else for each operation: what the corpus stores.
  ///
  /// What test doubles drew is a last row, which begins with a word of its own.
  var rows: [[UInt64]] {
    let rows = recordings.map { $0.values.flatMap(\.words) }
    return rows + (doubles.map { [[Self.doublesMark] + $0.values.flatMap(\.words)] } ?? [])
  }
}

extension Choice {
  /// The choice as words, the first of which says of what type it is.
  package var words: [UInt64] {
    switch self {
    case .integer(let value):
      if let small = UInt64(exactly: value) { return [0, small] }
      if value < 0, let small = UInt64(exactly: -(value + 1)) { return [1, small] }
      let bits = UInt128(bitPattern: value)
      return [4, UInt64(truncatingIfNeeded: bits >> 64), UInt64(truncatingIfNeeded: bits)]
    case .boolean(let value): return [2, value ? 1 : 0]
    case .double(let bits): return [3, bits]
    }
  }

  /// Reads choices as ``words`` writes them.
  ///
  /// - Returns: Nil for words that no choices are written as.
  package static func choices(of words: [UInt64]) -> [Choice]? {
    var choices: [Choice] = []
    var rest = words[...]
    while let kind = rest.popFirst() {
      guard let word = rest.popFirst() else { return nil }
      switch kind {
      case 0: choices.append(.integer(Int128(word)))
      case 1: choices.append(.integer(-Int128(word) - 1))
      case 2 where word <= 1: choices.append(.boolean(word == 1))
      case 3: choices.append(.double(bits: word))
      case 4:
        guard let low = rest.popFirst() else { return nil }
        choices.append(.integer(Int128(bitPattern: UInt128(word) << 64 | UInt128(low))))
      default: return nil
      }
    }
    return choices
  }
}
