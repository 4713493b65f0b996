import Testing

@testable import Interleave

/// What a report says that each task believed: where it looked, what came after that, and where it
/// acted on it.
@Suite struct BeliefTests {
  private actor Log {
    private(set) var lines = 0
    func add() { lines += 1 }
  }

  private actor Wallet {
    private(set) var balance = 100
    private let log = Log()

    func take(_ amount: Int) async {
      guard balance >= amount else { return }
      await log.add()
      await log.add()
      await log.add()
      balance -= amount
    }

    func count() async {
      let old = balance
      await log.add()
      balance = old + 1
    }
  }

  private actor Channel {
    private var value: Int?
    private var waiter: CheckedContinuation<Int, Never>?

    nonisolated func receive() async -> Int {
      if let value = await value { return value }
      return await withCheckedContinuation { continuation in
        Task { await self.wait(continuation) }
      }
    }

    private func wait(_ continuation: CheckedContinuation<Int, Never>) { waiter = continuation }

    func send(_ new: Int) {
      value = new
      waiter?.resume(returning: new)
    }
  }

  private actor Session {
    private var names: [Int: String] = [:]
    private let log = Log()

    func register() {
      Task {
        await log.add()
        names[1] = "Ada"
      }
    }

    func name() -> String? { names[1] }
  }

  private struct Wrong: Error {}

  /// What the report says collided, on one line.
  private func story(_ body: @escaping @Sendable () async throws -> Void) async throws -> String {
    let outcome = await fuzzed(schedules: 500, body: body)
    let text = try #require(outcome.failure).asciiText(width: 120)
    let sections = text.split(separator: "\n\n", omittingEmptySubsequences: false)
    let story = sections.drop { !$0.hasPrefix("What collided") }
      .prefix { !$0.hasPrefix("The interleaving") }
    return story.joined(separator: " ").split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
  }

  @Test func theStepThatReadIsNamedAndNotTheLastThatWaited() async throws {
    let story = try await story {
      let wallet = Wallet()
      async let one: Void = wallet.take(80)
      async let other: Void = wallet.take(80)
      _ = await (one, other)
      guard await wallet.balance >= 0 else { throw Wrong() }
    }
    #expect(story.contains("guard balance >= amount"), "\(story)")
    #expect(story.contains("changed `balance` 100 -> 20"), "\(story)")
    #expect(!story.contains("`lines`"), "\(story)")
  }

  @Test func anUpdateThatStoresWhatIsThereIsAnUpdate() async throws {
    let story = try await story {
      let wallet = Wallet()
      async let one: Void = wallet.count()
      async let other: Void = wallet.count()
      _ = await (one, other)
      guard await wallet.balance == 102 else { throw Wrong() }
    }
    #expect(story.contains(" checked at "), "\(story)")
    #expect(
      story.contains(
        "left `balance` as it was; in the run that passes, it changes it 101 -> 102"), "\(story)")
  }

  @Test func whatATaskActsOnMayHaveBeenSeenByTheOneThatMadeIt() async throws {
    let story = try await story {
      let channel = Channel()
      async let received = channel.receive()
      await channel.send(7)
      guard await received == 7 else { throw Wrong() }
    }
    #expect(story.contains("and task 0.0.0 "), "\(story)")
    #expect(story.contains("changed `value` nil -> 7"), "\(story)")
  }

  @Test func aLookUpThatCameBeforeTheStoreIsNamedWithIt() async throws {
    let story = try await story {
      let session = Session()
      await session.register()
      await Task.yield()
      guard await session.name() != nil else { throw Wrong() }
    }
    #expect(story.contains("Task 0 "), "\(story)")
    #expect(
      story.contains(
        " ran on Session before `names` was stored ([:] -> [1: \"Ada\"]) there by task 0.0 "),
      "\(story)")
  }
}
