import Foundation
import Interleave
import Testing

/// asyncio's fixtures, and stepping in a debugger, row by row of the README's table.
struct AsyncioFixturesTests {
  // MARK: Set-up and tear-down

  @Test(.fuzzed, .fixture(StoreFixture())) func eachRunHasAStoreOfItsOwn() async throws {
    let store = try StoreFixture.resource
    async let first: Void = store.write("a")
    await store.write("b")
    await first
    #expect(await store.values.count == 2)
  }

  // MARK: Fixture for each test

  @Suite(.fixture(StoreFixture())) struct EachTest {
    @Test(arguments: ["a", "b"]) func hasAStoreOfItsOwn(value: String) async throws {
      let store = try StoreFixture.resource
      await store.write(value)
      #expect(await store.values == [value])
    }
  }

  // MARK: Fixture for a module or session

  @Suite struct AllTests {
    static let shared = Task { try await Store.open() }

    @Test(arguments: ["a", "b"]) func shareAStore(value: String) async throws {
      let store = try await Self.shared.value
      await store.write(value)
      #expect(await store.values.contains(value))
      #expect(await store === (try Self.shared.value))
    }
  }

  // MARK: Stepping in a debugger

  @Test func aFailureTakesTheSameStepsEachTime() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "asyncio-\(UUID())")
    var configuration = FuzzConfiguration()
    configuration.corpus = .at(folder.path)
    configuration.isolation = .none
    let found = await Fuzzer(configuration).run(named: "overdrawn", Self.overdraws)
    let again = await Fuzzer(configuration).run(named: "overdrawn", Self.overdraws)
    try FileManager.default.removeItem(at: folder)
    let failure = try #require(found.failure)
    #expect(again.report.replayed == 1)
    #expect(again.failure?.interleaving.steps == failure.interleaving.steps)
    let names = [EnvironmentVariable.mode, .isolation].map(\.rawValue)
    let command = "INTERLEAVE_MODE=replay INTERLEAVE_ISOLATION=none"
    #expect(command == "\(names[0])=replay \(names[1])=none")
  }

  private static func overdraws() async throws {
    let bank = Bank(balance: 100)
    async let first = bank.withdraw(80)
    async let second = bank.withdraw(80)
    _ = await (first, second)
    if await bank.balance < 0 { throw Overdrawn() }
  }

  private struct Overdrawn: Error {}
}
