import Interleave
import Synchronization
import Testing

/// Orders of named points in fuzzed runs.
@Suite struct OrderingTests {
  /// Pays from an account that is checked first; points say which task did what.
  private actor Account {
    private(set) var balance = 100

    func pay(_ amount: Int, as name: String) async {
      guard balance >= amount else { return }
      await checkpoint("\(name) checked")
      balance -= amount
      await checkpoint("\(name) paid")
    }
  }

  private static let payTwice: @Sendable () async throws -> Void = {
    let account = Account()
    async let first: Void = account.pay(80, as: "first")
    async let second: Void = account.pay(80, as: "second")
    _ = await (first, second)
    #expect(await account.balance >= 0)
  }

  private func configured(
    schedules: Int = 200, _ ordering: CheckpointOrder...
  ) -> Fuzzer {
    var configuration = FuzzConfiguration()
    configuration.schedules = schedules
    configuration.seed = 1
    configuration.corpus = .none
    configuration.ordering = ordering
    return Fuzzer(configuration)
  }

  @Test func checkpointsAreShownInTheReport() async throws {
    let failure = try #require(await fuzzed(body: Self.payTwice).failure)
    let notes = failure.interleaving.steps.flatMap(\.notes)
    #expect(notes.contains("checkpoint \"first checked\""), "\(failure)")
    #expect(notes.contains("checkpoint \"second checked\""))
    #expect(failure.text(width: 120).contains("checkpoint \"second checked\""))
    #expect(!failure.description.contains("Checkpoint.swift"), "\(failure)")
  }

  @Test func onlyInterleavingsInTheOrderAreExplored() async throws {
    let outcome = await fuzzed(
      schedules: 300,
      {
        $0.ordering = ["b" < "a"]
        // Nobody comes between a point's being passed and its being noted.
        $0.interruptions = .never
      },
      body: {
        let passed = PassedPoints()
        await withTaskGroup { group in
          for name in ["a", "b", "c"] {
            group.addTask {
              await checkpoint(name)
              passed.add(name)
            }
          }
        }
        let names = passed.names
        #expect([["b", "a", "c"], ["b", "c", "a"], ["c", "b", "a"]].contains(names))
      })
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.distinctInterleavings >= 3)
  }

  @Test func theRaceIsGoneWhereTheOrderForbidsIt() async {
    let outcome = await configured("first paid" < "second starts").run(named: "pay") {
      let account = Account()
      async let first: Void = account.pay(80, as: "first")
      async let second: Void = {
        await checkpoint("second starts")
        await account.pay(80, as: "second")
      }()
      _ = await (first, second)
      #expect(await account.balance == 20)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.isExhaustive || outcome.report.schedules == 200)
  }

  @Test func theRaceIsFoundAtOnceWhereTheOrderDemandsIt() async throws {
    let outcome = await configured(
      "first checked" < "second paid", "second checked" < "first paid",
      "first checked" < "first paid"
    ).run(named: "pay", Self.payTwice)
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
  }

  @Test func aContradictionIsAnErrorWithTheCircle() async {
    await #expect(
      throws: ConfigurationError(
        "the order of checkpoints must not contradict itself (was \"a\" < \"b\" < \"c\" < \"a\")")
    ) {
      try await fuzz(ordering: "a" < "b", "b" < "c", "c" < "a") {}
    }
  }

  @Test func anOrderThatNoRunCanHaveIsAFailureThatSaysWhy() async throws {
    let outcome = await configured(schedules: 50, "b" < "a").run(named: "impossible") {
      async let other: Void = Task.yield()
      await checkpoint("a")
      await checkpoint("b")
      await other
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .unreachableOrder)
    let schedules = outcome.report.schedules
    #expect(outcome.report.isExhaustive || schedules == 50)
    // The second and the tenth are run again, to see that they repeat.
    let runs = schedules + 2
    #expect(failure.message.hasPrefix("none of \(runs) runs came in the order \"b\" < \"a\":\n"))
    #expect(failure.message.contains("* \"a\" was reached, and waited for \"b\""), "\(failure)")
    #expect(failure.message.contains("* \"b\" was never reached"))
    #expect(failure.description.contains("the order of checkpoints never came about"))
  }

  @Test func aPointThatNobodyPassesIsAFailureThatNamesIt() async throws {
    let outcome = await configured(schedules: 50, "a" < "tpyo").run(named: "typo") {
      async let other: Void = checkpoint("a")
      await checkpoint("typo")
      await other
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .unreachableOrder)
    #expect(
      failure.message.contains(
        "* \"tpyo\" was never reached (reached: \"a\", \"typo\"; did you mean \"typo\"?)"),
      "\(failure)")
  }

  @Test func aRunInWhichTheOrderIsImpossibleCountsForNothing() async throws {
    let outcome = await configured(schedules: 200, "a" < "b").run(named: "branches") {
      let switched = Box<Bool>(false)
      async let first: Void = {
        if await switched.value == false { await checkpoint("a") }
      }()
      async let second: Void = {
        await switched.set(true)
        await checkpoint("b")
      }()
      _ = await (first, second)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func otherFailuresAreFoundUnderAnOrder() async throws {
    let outcome = await configured("a" < "b").run(named: "stuck") {
      async let first: Void = checkpoint("a")
      async let second: Void = checkpoint("b")
      _ = await (first, second)
      await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
    }
    #expect(outcome.failure?.kind == .lostWakeUp)
  }

  @Test func anOrderMayBeGivenInTheCall() async throws {
    let report = try await fuzz(configured(schedules: 20).configuration, ordering: "b" < "a") {
      async let first: Void = checkpoint("a")
      async let second: Void = checkpoint("b")
      _ = await (first, second)
    }
    #expect(report.schedules == 20)
  }
}

/// The names of points, as they were passed.
private final class PassedPoints: Sendable {
  private let list = Mutex<[String]>([])

  var names: [String] { list.withLock { $0 } }
  func add(_ name: String) { list.withLock { $0.append(name) } }
}
