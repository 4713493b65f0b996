import Foundation
import Interleave
import Testing

private struct User: Equatable, Sendable { var name: String; var age: Int }
private enum Suit: CaseIterable, Sendable { case clubs, diamonds, hearts, spades }
private indirect enum Tree: Equatable, Sendable {
  case leaf(Int)
  case node(Tree, Tree)

  var branches: Int {
    switch self {
    case .leaf: 0
    case .node(let left, let right): 1 + left.branches + right.branches
    }
  }
}

@Suite struct GeneratorTests {
  /// Every generator, by its values' description.
  private var all: [(name: String, values: Generator<String>)] {
    func text<Value>(_ name: String, _ generator: Generator<Value>) -> (String, Generator<String>) {
      (name, generator.map { SwiftLiteral.describe($0) })
    }
    return [
      text("int", Generator<Int>.int()), text("int8", Generator<Int8>.int8()),
      text("int16", Generator<Int16>.int16()), text("int32", Generator<Int32>.int32()),
      text("int64", Generator<Int64>.int64()), text("uint", Generator<UInt>.uint()),
      text("uint8", Generator<UInt8>.uint8()), text("uint16", Generator<UInt16>.uint16()),
      text("uint32", Generator<UInt32>.uint32()), text("uint64", Generator<UInt64>.uint64()),
      text("int128", Generator<Int128>.int128()), text("uint128", Generator<UInt128>.uint128()),
      text("bool", Generator<Bool>.bool), text("double", Generator<Double>.double()),
      text("anyDouble", Generator<Double>.anyDouble), text("float", Generator<Float>.float()),
      text("anyFloat", Generator<Float>.anyFloat),
      text("character", Generator<Character>.character()),
      text("string", Generator<String>.string()),
      text("ascii", Generator<String>.string(from: .ascii)), text("date", Generator<Date>.date()),
      text("uuid", Generator<UUID>.uuid), text("duration", Generator<Duration>.duration()),
      text("data", Generator<Data>.data()),
      text("optional", Generator<Int?>.optional(of: .int())),
      text("array", Generator<[Int]>.array(of: .int())),
      text("set", Generator<Set<Int>>.set(of: .int())),
      text("dictionary", Generator<[Int: Bool]>.dictionary(of: .int(), to: .bool)),
      text("tuple", Generator<(Int, Bool)>.tuple(.int(), .bool)),
      text("element", Generator<Int>.element(of: [1, 2, 3])),
      text("subset", Generator<[Int]>.subset(of: [1, 2, 3])),
      text("shuffled", Generator<[Int]>.shuffled(1...5)),
      text("anyCase", Generator<Suit>.anyCase(of: Suit.self)), text("tree", trees),
      text("frequency", Generator<Int>.frequency((3, .int()), (1, .just(0)))),
      text("filter", Generator<Int>.int(in: 0...99).filter { $0 % 2 == 0 }),
      text("flatMap", Generator<Int>.int(in: 1...3).flatMap { .array(of: .bool, count: $0...$0) }),
    ]
  }

  private var trees: Generator<Tree> {
    .recursive(leaf: .int(in: 0...9).map(Tree.leaf), size: 12) { part in
      .tuple(part, part).map(Tree.node)
    }
  }

  // MARK: Recording

  @Test func theSameSeedDrawsTheSameValue() throws {
    for (name, values) in all {
      #expect(try samples(values, count: 50) == samples(values, count: 50), "\(name)")
    }
  }

  @Test func otherSeedsDrawOtherValues() throws {
    for (name, values) in all {
      #expect(Set(try samples(values, count: 50)).count > 1, "\(name)")
    }
  }

  @Test func recordedChoicesDrawTheSameValueAndAreRecordedAlike() throws {
    for (name, values) in all {
      for seed in 0..<100 as Range<UInt64> {
        let source = ChoiceSource(seed: seed)
        let value = try source(values)
        let again = ChoiceSource(replaying: source.recording.values)
        #expect(try again(values) == value, "\(name) from seed \(seed)")
        #expect(again.recording == source.recording, "\(name) from seed \(seed)")
        #expect(again.isExhausted)
      }
    }
  }

  @Test func storedChoicesAreReadAsTheyWereWritten() throws {
    for (name, values) in all {
      let source = ChoiceSource(seed: 7)
      _ = try source(values)
      for choice in source.recording.values {
        let read = Choice(choice.description)
        #expect(read?.description == choice.description, "\(name)")
        if choice.description != "nan" { #expect(read == choice, "\(name)") }
      }
    }
    #expect(Choice("five") == nil)
  }

  @Test func missingChoicesAreTheSimplestOnes() throws {
    func simplest<Value>(_ generator: Generator<Value>) throws -> Value {
      try ChoiceSource(replaying: [])(generator)
    }
    #expect(try simplest(.int()) == 0)
    #expect(try simplest(.int(in: 5...9)) == 5)
    #expect(try simplest(.int(in: -9 ... -5)) == -5)
    #expect(try simplest(.uint128(in: 7...UInt128.max)) == 7)
    #expect(try simplest(.bool) == false)
    #expect(try simplest(.double()) == 0)
    #expect(try simplest(.double(in: 0.5...3.5)) == 1)
    #expect(try simplest(.string(count: 2...9)) == "aa")
    #expect(try simplest(.date()) == Date(timeIntervalSinceReferenceDate: 0))
    #expect(try simplest(.duration(in: .seconds(-1) ... .seconds(1))) == .zero)
    #expect(try simplest(.uuid).uuidString == "00000000-0000-4000-8000-000000000000")
    #expect(try simplest(.optional(of: .int())) == nil)
    #expect(try simplest(.array(of: .int())) == [])
    #expect(try simplest(.element(of: ["x", "y"])) == "x")
    #expect(try simplest(.subset(of: [1, 2])) == [])
    #expect(try simplest(.shuffled([3, 1, 2])) == [3, 1, 2])
    #expect(try simplest(trees) == .leaf(0))
  }

  @Test func choicesThatDoNotFitAreTakenAsTheNearestOrTheSimplest() throws {
    let source = ChoiceSource(replaying: [
      .integer(500), .integer(-3), .boolean(true), .integer(1), .double(9), .double(.nan),
    ])
    #expect(try source(.int(in: 0...100)) == 100)
    #expect(try source(.int(in: 0...100)) == 0)
    #expect(try source(.int(in: 4...100)) == 4)
    #expect(try source(.bool) == false)
    #expect(try source(.double(in: 0...2)) == 2)
    #expect(try source(.double(in: 0...2)) == 0)
  }

  @Test func howWellRecordedChoicesFitIsTold() throws {
    func fit(_ choices: [Choice]) throws -> ReplayFit {
      let source = ChoiceSource(replaying: choices)
      _ = try source(.int(in: 0...9))
      _ = try source(.bool)
      return source.fit
    }
    #expect(try fit([.integer(9), .boolean(true)]).isExact)
    #expect(try fit([.integer(9), .boolean(true)]).description == "all choices fit")
    #expect(try fit([.integer(10), .boolean(true)]).description == "1 choice out of range")
    #expect(try fit([.double(1), .integer(1)]).description == "2 choices of another type")
    #expect(try fit([.integer(-1)]).description == "1 choice out of range, 1 missing")
    #expect(
      try fit([.integer(1), .boolean(true), .boolean(true)]).description == "1 choice unused")
  }

  @Test func deletingTheStretchOfAnElementDeletesTheElement() throws {
    let lists = Generator<[Int]>.array(of: .int(), count: 2...8)
    for seed in 0..<100 as Range<UInt64> {
      let source = ChoiceSource(seed: seed)
      let list = try source(lists)
      let elements = source.recording.spans.filter { $0.kind == .element }
      #expect(elements.count == list.count)
      guard list.count > 2 else { continue }
      for (index, span) in elements.enumerated() {
        var choices = source.recording.values
        choices.removeSubrange(span.start..<span.end)
        var expected = list
        expected.remove(at: index)
        #expect(try ChoiceSource(replaying: choices)(lists) == expected)
      }
    }
  }

  // MARK: Composition

  @Test func aGeneratorOfAUsersOwnTypeDrawsFromOthers() throws {
    let users = Generator { draw in
      User(name: try draw(.string()), age: try draw(.int(in: 0...120)))
    }
    for user in try samples(users) { #expect((0...120).contains(user.age)) }
    #expect(try ChoiceSource(replaying: [])(users) == User(name: "", age: 0))
  }

  @Test func aLeadingDotIsEnoughWhereTheTypeIsKnown() throws {
    enum Operation: Sendable { case deposit(Int), withdraw(Int), mark([Bool]), move(Int, Int) }
    let operations: Generator<Operation> = .oneOf(
      .int(in: 1...50).map(Operation.deposit), .int(in: 1...50).map(Operation.withdraw),
      .array(of: .bool, count: 0...4).map(Operation.mark),
      .tuple(.int(in: 0...3), .int(in: 0...3)).map { .move($0, $1) })
    #expect(
      SwiftLiteral.describe(try ChoiceSource(replaying: [.integer(1)])(operations))
        == ".withdraw(1)")
    #expect(
      SwiftLiteral.describe(try ChoiceSource(replaying: [.integer(3)])(operations))
        == ".move(0, 0)")
    func fuzz<First, Second>(
      over first: Generator<First>, _ second: Generator<Second>,
      body: (First, Second) -> String
    ) throws -> String {
      let source = ChoiceSource(replaying: [])
      let (one, two) = try draw(first, second, from: source)
      return body(one, two)
    }
    let text = try fuzz(over: .int(in: 1...100), .array(of: .bool, count: 0...4)) { amount, flags in
      "\(amount + 1) \(flags.count)"
    }
    #expect(text == "2 0")
  }

  @Test func generatorsOfAPackAreDrawnInOrder() throws {
    let source = ChoiceSource(replaying: [.integer(4), .boolean(true)])
    let (number, flag) = try draw(
      Generator<Int>.int(in: 0...9), Generator<Bool>.bool, from: source)
    #expect(number == 4)
    #expect(flag)
  }

  @Test func whatOneGeneratorDrawsMayDependOnAnother() throws {
    let lists = Generator<[Bool]>.int(in: 0...5).flatMap { .array(of: .bool, count: $0...$0) }
    #expect(Set(try samples(lists).map(\.count)) == Set(0...5))
  }

  @Test func aFilterLetsPassOnlyWhatIsWanted() throws {
    let even = Generator<Int>.int(in: 0...999).filter { $0.isMultiple(of: 2) }
    #expect(try samples(even).allSatisfy { $0.isMultiple(of: 2) })
  }

  @Test func whatIsRejectedIsNotRecorded() throws {
    let rare = Generator<Int>.int(in: 0...999).filter { $0 % 10 == 0 }
    let sets = Generator<Set<Int>>.set(of: .int(in: 0...5), count: 6...6)
    for seed in 0..<20 as Range<UInt64> {
      let filtered = ChoiceSource(seed: seed)
      _ = try filtered(rare)
      #expect(filtered.recording.choices.count == 1)
      let distinct = ChoiceSource(seed: seed)
      #expect(try distinct(sets) == Set(0...5))
      #expect(distinct.recording.choices.count == 13)
      #expect(distinct.recording.spans.allSatisfy { $0.end <= 13 })
    }
  }

  @Test func recursiveValuesStayWithinTheirSize() throws {
    let sizes = try samples(trees).map(\.branches)
    #expect(sizes.allSatisfy { $0 <= 12 })
    #expect(sizes.contains(0))
    #expect(sizes.contains(12))
    #expect(try ChoiceSource(seed: 1)(.recursive(leaf: .just(1), size: 0) { $0 }) == 1)
  }

  @Test func aHugeValueComesToAnEnd() throws {
    let nested = Generator<[[[Int]]]>.array(
      of: .array(of: .array(of: .int(), count: 0...200), count: 0...200), count: 0...200)
    for seed in 0..<20 as Range<UInt64> {
      let source = ChoiceSource(seed: seed)
      _ = try source(nested)
      #expect(source.recording.choices.count < ChoiceSource.softLimit + 1_000)
    }
  }

  // MARK: Errors

  @Test func aFilterThatLetsNothingPassNamesItsPlace() throws {
    let none = Generator<Int>.int().filter({ _ in false }, fileID: "Tests/Bank.swift", line: 12)
    let error = #expect(throws: GeneratorError.self) { try ChoiceSource(seed: 1)(none) }
    #expect(
      error?.description == """
        `filter` at Tests/Bank.swift:12 rejected 100 values in a row; let more values pass, or make \
        the wanted ones with `map` or `flatMap`
        """)
  }

  @Test func tooFewDistinctElementsAreAnError() throws {
    let sets = Generator<Set<Bool>>.set(of: .bool, count: 3...4)
    let error = #expect(throws: GeneratorError.self) { try ChoiceSource(seed: 1)(sets) }
    #expect(error == .tooFewDistinct(found: 2, needed: 3))
    #expect(error?.description.contains("at least 3 distinct elements") == true)
    #expect(try samples(.set(of: .bool, count: 1...4)).allSatisfy { (1...2).contains($0.count) })
  }

  @Test func nothingToChooseFromIsAnError() throws {
    #expect(throws: GeneratorError.nothingToChooseFrom(generator: "element(of:)")) {
      try ChoiceSource(seed: 1)(.element(of: [Int]()))
    }
    #expect(throws: GeneratorError.nothingToChooseFrom(generator: "oneOf")) {
      try ChoiceSource(seed: 1)(Generator<Int>.oneOf())
    }
    #expect(throws: GeneratorError.negativeCount(-1)) {
      try ChoiceSource(seed: 1)(.array(of: .bool, count: -1...3))
    }
  }

  @Test func badWeightsAreAnError() throws {
    #expect(throws: GeneratorError.badWeights([0, 0])) {
      try ChoiceSource(seed: 1)(.frequency((0, .just(1)), (0, .just(2))))
    }
    #expect(throws: GeneratorError.badWeights([2, -1])) {
      try ChoiceSource(seed: 1)(.frequency((2, .just(1)), (-1, .just(2))))
    }
  }

  @Test func aGeneratorThatNeverStopsDrawingFromItselfIsAnError() throws {
    struct Endless: Sendable {
      static var values: Generator<Int> { Generator { draw in try draw(Endless.values) + 1 } }
    }
    #expect(throws: GeneratorError.tooDeep(limit: 256)) {
      try ChoiceSource(seed: 1)(Endless.values)
    }
  }
}
