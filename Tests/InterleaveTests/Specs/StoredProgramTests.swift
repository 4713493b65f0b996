import Foundation
import Testing

@testable import Interleave

/// Programs of operations, from one run of the tests to the next.
@Suite struct StoredProgramTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "interleave-programs-\(UUID().uuidString)")

  /// A counter that loses updates; its operations may be listed in another order.
  private struct CounterSpec: ConcurrencySpec {
    enum Operation: Sendable { case read, add(Int), reset }
    struct Lost: Error {}
    var operations: Generator<Operation>
    var isMended = false
    func makeSubject() async throws -> Counter { Counter() }
    func perform(_ operation: Operation, on counter: Counter) async throws {
      switch operation {
      case .read: _ = await counter.value
      case .reset: await counter.reset()
      case .add(let number):
        guard await counter.add(number, isMended: isMended) else { throw Lost() }
      }
    }
  }

  private actor Counter {
    private(set) var value = 0
    func reset() { value = 0 }
    func add(_ number: Int, isMended: Bool) async -> Bool {
      let before = value
      if !isMended { await Task.yield() }
      let isRight = value == before
      value = before + number
      return isRight
    }
  }

  private typealias Operation = CounterSpec.Operation
  private let adding = Generator<Int>.int(in: 1...9).map(Operation.add)

  @Test func programsAreStoredAsTextAndReplayedFirst() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try #require(await run(.oneOf(.just(.read), adding)).failure)
    #expect(first.operations == ["lane 1: .add(1)", "lane 2: .add(1)"])
    let file = try #require(first.corpusFile)
    let content = try String(contentsOfFile: file, encoding: .utf8)
    #expect(content.contains("\"lane 1: .add(1)\""))
    let second = await run(.oneOf(.just(.read), adding))
    #expect(second.report.replayed == 1)
    #expect(second.failure?.corpusFile == file)
    #expect(second.failure?.operations == first.operations)
  }

  @Test func aNewAlternativeBeforeTheOthersDoesNotMatter() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try #require(await run(.oneOf(.just(.read), adding)).failure)
    let grown = await run(.oneOf(.just(.reset), .just(.read), adding))
    #expect(grown.failure?.corpusFile == first.corpusFile)
    #expect(grown.failure?.operations == first.operations)
    let mended = await run(.oneOf(.just(.reset), adding, .just(.read)), isMended: true)
    #expect(mended.report.fixed.count == 1 && mended.report.stale.isEmpty)
  }

  @Test func anOperationThatIsNotGeneratedAnyMoreMakesTheProgramStale() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = await run(.oneOf(.just(.read), adding))
    let changed = await run(.oneOf(.just(.read), .just(.reset)))
    #expect(changed.failure == nil && changed.report.stale.count == 1)
    let warning = changed.report.warnings.joined()
    #expect(warning.contains("its operation `lane 1: .add(1)` is not generated any more"))
  }

  @Test(arguments: ["lane 900000000: .add(1)", "lane -1: .add(1)", "lane two", ""])
  func aLineThatIsNoOperationMakesTheProgramStale(line: String) async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try #require(await run(.oneOf(.just(.read), adding)).failure)
    let file = try #require(first.corpusFile)
    let content = try String(contentsOfFile: file, encoding: .utf8)
    try content.replacing("lane 2: .add(1)", with: line)
      .write(toFile: file, atomically: true, encoding: .utf8)
    let outcome = await run(.oneOf(.just(.read), adding))
    #expect(outcome.report.stale == [file])
    let warning = try #require(outcome.report.warnings.first)
    #expect(warning.contains("`\(line)` with its choices is not an operation"), "\(warning)")
  }

  @Test func operationsThatAreGeneratedWithOtherValuesAreRepaired() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = try #require(await run(.oneOf(.just(.read), adding)).failure)
    let larger = Generator<Int>.int(in: 5...9).map(Operation.add)
    let changed = try #require(await run(.oneOf(.just(.read), larger)).failure)
    #expect(changed.operations == ["lane 1: .add(5)", "lane 2: .add(5)"])
    let repair = try #require(changed.repair)
    #expect(repair.staleFile == first.corpusFile)
    #expect(repair.difference.contains("-    \"lane 1: .add(1)\""))
    #expect(repair.difference.contains("+    \"lane 1: .add(5)\""))
  }

  private func run(_ operations: Generator<Operation>, isMended: Bool = false) async -> FuzzOutcome
  {
    await specFuzzer(4, corpus: .at(folder.path)).run(
      named: "counter", CounterSpec(operations: operations, isMended: isMended))
  }
}
