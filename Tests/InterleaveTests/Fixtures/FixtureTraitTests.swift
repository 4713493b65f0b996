import Interleave
import Testing

/// The trait `.fixture`, as the one who runs the tests sees it.
@Suite(.enabled(if: !fixturesAreEnabled)) struct FixtureTraitTests {
  /// What fixtures have printed, in its order.
  private func events(_ result: ProgramResult) -> [String] {
    result.output.split(separator: "\n").filter { $0.hasPrefix("» ") }.map {
      String($0.dropFirst(2))
    }
  }

  /// How many of the first schedules are run again, to see that they repeat: the second.
  private static let again = 1

  @Test func anOrdinaryTestHasItOnce() async throws {
    let result = try await runFixtures("FixtureUsers/isOrdinary")
    #expect(result.exitCode == 0, "\(result)")
    #expect(events(result) == ["up tape", "body tape", "down tape"])
  }

  @Test(arguments: ["isFuzzed\\(", "isFuzzedTheOtherWayRound\\("])
  func aFuzzedTestHasItInEachRunWhereverTheTraitStands(name: String) async throws {
    let result = try await runFixtures("FixtureUsers/\(name)")
    #expect(result.exitCode == 0, "\(result)")
    #expect(
      events(result)
        == Array(repeating: ["up tape", "body tape", "down tape"], count: 6 + Self.again)
        .flatMap(\.self))
  }

  @Test func aFailingRunIsTornDownToo() async throws {
    let result = try await runFixtures("FixtureUsers/isFuzzedAndFails")
    #expect(result.exitCode == 1)
    #expect(result.lines(with: "recorded an issue").count == 1, "\(result)")
    let all = events(result)
    #expect(all.count { $0 == "up tape" } > 1)
    #expect(all.count { $0 == "up tape" } == all.count { $0 == "down tape" })
  }

  @Test func severalAreNestedThoseOfTheSuiteOutermost() async throws {
    let result = try await runFixtures("FixtureUsersInASuite")
    #expect(result.exitCode == 0, "\(result)")
    #expect(
      events(result)
        == Array(
          repeating: ["up tape", "up deck of tape", "body", "down deck", "down tape"],
          count: 4 + Self.again
        ).flatMap(\.self))
  }

  @Test func eachFuzzedCaseHasItsOwnFixtureSeedAndCorpus() async throws {
    try await withTemporaryFolder { folder in
      let result = try await runFixtures(
        "FixtureUsers/hasCases", environment: ["INTERLEAVE_CORPUS": folder, "CI": ""],
        arguments: ["--no-parallel"])
      #expect(result.exitCode == 1)
      #expect(result.lines(with: "recorded an issue").count == 2, "\(result)")
      let folders = Set(try allFiles(below: folder).map { $0.split(separator: "/").dropLast() })
      #expect(folders.count == 2, "\(folders)")
      let all = events(result)
      #expect(all.count { $0 == "up tape" } == all.count { $0 == "down tape" })
    }
    let onCI = try await runFixtures(
      "FixtureUsers/hasCases", environment: ["CI": "true"], arguments: ["--no-parallel"])
    let seeds = onCI.output.split(separator: "\n").filter { $0.contains("with seed ") }
      .compactMap { $0.split(separator: " ").last }
    #expect(Set(seeds).count == 2, "\(onCI)")
  }

  @Test func aControlledTestHasItInItsRun() async throws {
    let result = try await runFixtures("FixtureUsers/isControlled")
    #expect(result.exitCode == 0, "\(result)")
    #expect(events(result) == ["up tape", "body tape", "down tape"])
  }

  @Test func withoutTheTraitThereIsNoResource() {
    let error = #expect(throws: FixtureError.self) { try TapeFixture.resource }
    #expect(
      error?.description
        == "`TapeFixture` is not set up here: give the test the trait `.fixture(TapeFixture(...))`, "
        + "and read `TapeFixture.resource` in the test's own task or one that inherits task-locals")
  }
}

struct TapeFixture: Fixture {
  func setUp() async throws -> String {
    await Task.yield()
    print("» up tape")
    return "tape"
  }

  func tearDown(_ tape: String) async throws {
    await Task.yield()
    print("» down \(tape)")
  }
}

/// A fixture that needs another one.
struct DeckFixture: Fixture {
  func setUp() async throws -> [String] {
    let tape = try TapeFixture.resource
    print("» up deck of \(tape)")
    return [tape]
  }

  func tearDown(_ deck: [String]) async throws { print("» down deck") }
}

@Suite(.fixture) struct FixtureUsers {
  @Test(.fixture(TapeFixture())) func isOrdinary() async throws {
    print("» body \(try TapeFixture.resource)")
  }

  @Test(.fuzzed(schedules: 6, seed: 1), .fixture(TapeFixture())) func isFuzzed() async throws {
    await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    print("» body \(try TapeFixture.resource)")
  }

  @Test(.fixture(TapeFixture()), .fuzzed(schedules: 6, seed: 1))
  func isFuzzedTheOtherWayRound() async throws {
    await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    print("» body \(try TapeFixture.resource)")
  }

  @Test(.fuzzed(schedules: 300, seed: 1), .fixture(TapeFixture()))
  func isFuzzedAndFails() async throws {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    #expect(await bank.balance >= 0)
  }

  @Test(.fuzzed(schedules: 300), .fixture(TapeFixture()), arguments: [100, 200, 90])
  func hasCases(balance: Int) async throws {
    let bank = Bank(balance: balance)
    await withdrawTwice(from: bank)
    #expect(await bank.balance >= 0, "overdrawn from \(balance)")
  }

  @Test(.controlled, .fixture(TapeFixture())) func isControlled() async throws {
    try await Task.sleep(for: .seconds(3_600))
    print("» body \(try TapeFixture.resource)")
  }
}

@Suite(.fixture, .fuzzed(schedules: 4, seed: 1), .fixture(TapeFixture()))
struct FixtureUsersInASuite {
  @Test(.fixture(DeckFixture())) func hasBoth() async throws {
    await withdrawTwice(from: Bank(balance: 100), atOnce: true)
    #expect(try DeckFixture.resource == [try TapeFixture.resource])
    print("» body")
  }
}
