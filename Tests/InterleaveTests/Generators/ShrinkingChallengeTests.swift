import Interleave
import Testing

/// The cases of the public shrinking challenge, and what is reached for each from 50 seeds.
@Suite struct ShrinkingChallengeTests {
  /// Shrinks from 50 seeds, and returns how often each result was reached.
  private func results<Value>(
    _ generator: Generator<Value>, fails: (Value) -> Bool
  ) throws -> [String: Int] {
    var results: [String: Int] = [:]
    var unfinished = 0
    for seed in 0..<50 as Range<UInt64> {
      let shrunk = try #require(
        try shrink(generator, seed: seed, fails: fails), "no failing value from seed \(seed)")
      if !shrunk.isFixpoint { unfinished += 1 }
      results["\(shrunk.value)", default: 0] += 1
    }
    #expect(unfinished == 0, "\(unfinished) of 50 seeds ran out of tries")
    return results
  }

  @Test func lengthBoundedListsReachOneElement() throws {
    let lists = Generator<Int>.int(in: 1...100).flatMap {
      .array(of: .int(in: 0...1_000), count: $0...$0)
    }
    #expect(try results(lists) { ($0.max() ?? 0) >= 900 } == ["[900]": 50])
  }

  @Test func sumsOverABoundReachTwoElements() throws {
    let lists = Generator<Int>.array(of: .int16(), count: 0...10)
    let five = Generator<Int>.tuple(lists, lists, lists, lists, lists)
    func isSmall(_ list: [Int16]) -> Bool { list.reduce(0, &+) < 256 }
    let reached = try results(five) { a, b, c, d, e in
      [a, b, c, d, e].allSatisfy(isSmall)
        && [a, b, c, d, e].joined().reduce(0, &+) >= 5 * 256
    }
    #expect(reached == ["([], [], [], [-1], [-32768])": 50])
  }

  @Test func aSumReachesOneElement() throws {
    let lists = Generator<Int>.array(of: .int(in: 0...1_000), count: 0...20)
    #expect(try results(lists) { $0.reduce(0, +) > 1_000 } == ["[1, 1000]": 50])
  }

  @Test func nestedListsReachOneList() throws {
    let lists = Generator<Int>.array(of: .array(of: .int(), count: 0...20), count: 0...10)
    let reached = try results(lists) { $0.joined().count > 10 }
    #expect(reached == ["[[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]": 50])
  }

  @Test func distinctElementsReachThree() throws {
    let lists = Generator<Int>.array(of: .int())
    #expect(try results(lists) { Set($0).count >= 3 } == ["[0, 1, -1]": 50])
  }

  @Test func aLargeUnionReachesOneListOfFive() throws {
    let lists = Generator<Int>.array(of: .array(of: .int()))
    #expect(
      try results(lists) { Set($0.joined()).count > 4 } == ["[[0, 1, -1, 2, -2]]": 50])
  }

  @Test func aReversedListReachesTwoElements() throws {
    #expect(
      try results(Generator<Int>.array(of: .int())) { $0 != $0.reversed() } == ["[0, 1]": 50])
  }

  @Test func aCouplingReachesTwoElements() throws {
    let lists = Generator<Int>.array(of: .int(in: 0...10)).filter { list in
      list.allSatisfy { $0 < list.count }
    }
    let reached = try results(lists) { list in
      list.indices.contains { list[$0] != $0 && list[list[$0]] == $0 }
    }
    #expect(reached == ["[1, 0]": 50])
  }

  @Test func aDeletionReachesTwoEqualElements() throws {
    let pairs = Generator<Int>.tuple(.array(of: .int(in: 0...20)), .int(in: 0...20))
    let reached = try results(pairs) { list, element in
      var list = list
      guard let index = list.firstIndex(of: element) else { return false }
      list.remove(at: index)
      return list.contains(element)
    }
    #expect(reached == ["([0, 0], 0)": 50])
  }

  @Test func differencesReachTheSmallestNumbers() throws {
    let pairs = Generator<Int>.tuple(.int(in: 1...1_000), .int(in: 1...1_000))
    #expect(try results(pairs) { $0 >= 10 && $0 == $1 } == ["(10, 10)": 50])
    #expect(try results(pairs) { $0 >= 10 && (1...4).contains(abs($0 - $1)) } == ["(10, 6)": 50])
    #expect(try results(pairs) { $0 >= 10 && abs($0 - $1) == 1 } == ["(10, 9)": 50])
  }

  @Test func theCalculatorReachesADivisionByASum() throws {
    let expressions: Generator<Expression> = .recursive(leaf: .int().map(Expression.number)) {
      part in
      .oneOf(
        .tuple(part, part).map { .sum($0, $1) }, .tuple(part, part).map { .quotient($0, $1) })
    }
    let reached = try results(expressions) { expression in
      !expression.dividesByLiteralZero && expression.value == nil
    }
    #expect(reached == ["0 / (0 + 0)": 50])
  }

  /// Three shapes with four nodes fail; which one is reached depends on where it started.
  @Test func aBinaryHeapReachesFourNodes() throws {
    let failing = try results(Heap.generator(atLeast: 0, depth: 6)) { heap in
      guard let heap else { return false }
      return heap.drainedWrongly != heap.values.sorted()
    }
    #expect(failing.values.reduce(0, +) == 50)
    #expect(
      Set(failing.keys).isSubset(of: [
        "Optional((0, -, (0, (1, -, -), (0, -, -))))",
        "Optional((0, (0, (0, -, -), -), (1, -, -)))",
        "Optional((0, (1, -, -), (0, (0, -, -), -)))",
      ]))
  }
}

private indirect enum Expression: CustomStringConvertible, Sendable {
  case number(Int)
  case sum(Expression, Expression)
  case quotient(Expression, Expression)

  var value: Int? {
    switch self {
    case .number(let value): return value
    case .sum(let a, let b):
      guard let a = a.value, let b = b.value else { return nil }
      return a &+ b
    case .quotient(let a, let b):
      guard let a = a.value, let b = b.value, b != 0 else { return nil }
      return a.dividedReportingOverflow(by: b).partialValue
    }
  }

  var dividesByLiteralZero: Bool {
    switch self {
    case .number: false
    case .sum(let a, let b): a.dividesByLiteralZero || b.dividesByLiteralZero
    case .quotient(_, .number(0)): true
    case .quotient(let a, let b): a.dividesByLiteralZero || b.dividesByLiteralZero
    }
  }

  var description: String {
    switch self {
    case .number(let value): "\(value)"
    case .sum(let a, let b): "(\(a) + \(b))"
    case .quotient(let a, let b): "\(a) / \(b)"
    }
  }
}

/// A heap whose list of values is made wrongly, as the challenge has it.
private indirect enum Heap: Sendable, CustomStringConvertible {
  case node(Int, Heap?, Heap?)

  static func generator(atLeast least: Int, depth: Int) -> Generator<Heap?> {
    Generator<Heap?> { draw in
      guard try draw(.bool), depth > 0 else { return nil }
      let value = try draw(.int(in: least...100))
      return .node(
        value, try draw(generator(atLeast: value, depth: depth - 1)),
        try draw(generator(atLeast: value, depth: depth - 1)))
    }
  }

  var value: Int {
    switch self {
    case .node(let value, _, _): value
    }
  }

  var values: [Int] {
    switch self {
    case .node(let value, let left, let right):
      [value] + (left?.values ?? []) + (right?.values ?? [])
    }
  }

  /// The values as the wrong merge takes them out: what it takes from a merged heap is put in
  /// front of the rest only at the top.
  var drainedWrongly: [Int] {
    switch self {
    case .node(let value, let left, let right):
      guard let merged = Heap.merge(left, right) else { return [value] }
      return [value] + merged.values
    }
  }

  static func merge(_ left: Heap?, _ right: Heap?) -> Heap? {
    guard let left else { return right }
    guard let right else { return left }
    switch (left, right) {
    case (.node(let a, let al, let ar), .node(let b, let bl, let br)):
      return a <= b ? .node(a, merge(ar, right), al) : .node(b, merge(br, left), bl)
    }
  }

  var description: String {
    switch self {
    case .node(let value, let left, let right):
      "(\(value), \(left?.description ?? "-"), \(right?.description ?? "-"))"
    }
  }
}
