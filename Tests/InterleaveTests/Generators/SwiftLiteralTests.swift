import Foundation
import Interleave
import Testing

@Suite struct SwiftLiteralTests {
  enum Operation {
    case deposit(Int), transfer(from: Int, to: Int), named(name: String), check
  }
  struct User { var name: String; var age: Int?; var operation: Operation }
  struct Empty {}
  enum Loud: String, CustomStringConvertible { case on, off; var description: String { "LOUD" } }
  final class Node { var next: Node?; var value = 1 }
  struct Wrapper<Element> { var elements: [Element] }

  private func expect(
    _ value: Any, prints text: String, at location: SourceLocation = #_sourceLocation
  ) {
    #expect(SwiftLiteral.describe(value) == text, sourceLocation: location)
  }

  @Test func numbersPrintAsLiterals() {
    expect(1, prints: "1")
    expect(UInt8(255), prints: "255")
    expect(Int128.max, prints: "170141183460469231731687303715884105727")
    expect(1.5, prints: "1.5")
    expect(-0.0, prints: "-0.0")
    expect(1e300, prints: "1e+300")
    expect(Double.nan, prints: ".nan")
    expect(-Float.infinity, prints: "-.infinity")
    expect(true, prints: "true")
  }

  @Test func textEscapesWhatIsNotSeenOrJoinsWhatIsBefore() {
    expect("a\"b\\", prints: #""a\"b\\""#)
    expect("\r\n\t\0", prints: #""\r\n\t\0""#)
    expect("a\u{301}", prints: #""a\u{301}""#)
    expect("é中😀", prints: "\"é中😀\"")
    expect("\u{200B}\u{FEFF}\u{202E}", prints: #""\u{200B}\u{FEFF}\u{202E}""#)
    expect(Character("x"), prints: "\"x\"")
    expect("abc".dropFirst(), prints: "\"bc\"")
    expect("\\(1)", prints: #""\\(1)""#)
  }

  @Test func collectionsPrintAsLiteralsAndSortedWhereTheyHaveNoOrder() {
    expect([1, 2], prints: "[1, 2]")
    expect([Int](), prints: "[]")
    expect([[1], []], prints: "[[1], []]")
    expect(Set(["b", "a", "c"]), prints: #"["a", "b", "c"]"#)
    expect(["b": 1, "a": 2], prints: #"["a": 2, "b": 1]"#)
    expect([String: Int](), prints: "[:]")
    expect([1, 2, 3][1...], prints: "[2, 3]")
  }

  @Test func optionalsPrintAsTheirValue() {
    expect(Int?.none as Any, prints: "nil")
    expect(Int?.some(3) as Any, prints: "3")
    expect([1, nil], prints: "[1, nil]")
  }

  @Test func tuplesAndRangesPrintAsWritten() {
    expect((1, "a"), prints: #"(1, "a")"#)
    expect((x: 1, y: true), prints: "(x: 1, y: true)")
    expect((), prints: "()")
    expect(1...3, prints: "1...3")
    expect(0..<2, prints: "0..<2")
  }

  @Test func casesPrintWithTheirPayload() {
    expect(Operation.deposit(5), prints: ".deposit(5)")
    expect(Operation.transfer(from: 1, to: 2), prints: ".transfer(from: 1, to: 2)")
    expect(Operation.named(name: "n"), prints: #".named(name: "n")"#)
    expect(Operation.check, prints: ".check")
  }

  @Test func aCaseWhoseTypeDescribesItselfPrintsByItsRawValue() {
    expect(Loud.off, prints: #"Loud(rawValue: "off")!"#)
  }

  @Test func structuresPrintAsInitializerCalls() {
    expect(
      User(name: "a", age: 3, operation: .check),
      prints: #"User(name: "a", age: 3, operation: .check)"#)
    expect(
      [User(name: "", age: nil, operation: .deposit(-1))],
      prints: #"[User(name: "", age: nil, operation: .deposit(-1))]"#)
    expect(Empty(), prints: "Empty()")
    expect(Wrapper(elements: [1]), prints: "Wrapper<Int>(elements: [1])")
    expect(Int.self, prints: "Int.self")
  }

  @Test func objectsPrintWithoutAddressAndACycleEnds() {
    let node = Node()
    node.next = node
    expect(node, prints: "Node(next: Node(...), value: 1)")
  }

  @Test func valuesOfFoundationPrintAsExpressions() throws {
    expect(
      Date(timeIntervalSinceReferenceDate: 1.5), prints: "Date(timeIntervalSinceReferenceDate: 1.5)"
    )
    expect(Data([1, 2]), prints: "Data([1, 2])")
    expect(
      try #require(UUID(uuidString: "00000000-0000-4000-8000-000000000000")),
      prints: #"UUID(uuidString: "00000000-0000-4000-8000-000000000000")!"#)
    expect(try #require(URL(string: "https://a.b/c")), prints: #"URL(string: "https://a.b/c")!"#)
    expect(Duration.seconds(5), prints: ".seconds(5)")
    expect(Duration.milliseconds(1_500), prints: ".milliseconds(1500)")
    expect(Duration.nanoseconds(-7), prints: ".nanoseconds(-7)")
    expect(
      Duration(secondsComponent: 1, attosecondsComponent: 1),
      prints: "Duration(secondsComponent: 1, attosecondsComponent: 1)")
  }

  @Test func eachValueOfAPackPrintsByItself() {
    #expect(SwiftLiteral.describeEach(1, "a", [true]) == ["1", "\"a\"", "[true]"])
  }
}
