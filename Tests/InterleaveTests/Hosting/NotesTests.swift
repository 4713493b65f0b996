import Interleave
import Testing

/// What a program asks of its runs, and tells of them.
@Suite struct NotesTests {
  private static func meet(_ body: @escaping @Sendable (Bool) -> Void) async {
    let box = Box<Bool>(false)
    async let sets: Void = box.set(true)
    async let looks = box.value
    body(await looks == true)
    await sets
  }

  @Test func aNoteStandsBesideItsStepInTheReport() async throws {
    let outcome = await fuzzed {
      await Self.meet { _ in }
      note("sum", 1 + 1)
      #expect(Bool(false))
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    let noted = failure.interleaving.steps.filter { !$0.notes.isEmpty }
    #expect(noted.map(\.notes) == [["sum = 2"]])
    #expect(noted.first == failure.interleaving.steps.last)
    #expect(failure.description.contains("sum = 2"), "\(failure)")
  }

  /// What the steps of the failure of a body say.
  private func notes(
    _ body: @escaping @Sendable () async -> Void
  ) async throws -> [[String]] {
    let outcome = await fuzzed {
      await body()
      #expect(Bool(false))
    }
    return try #require(outcome.failure).interleaving.steps.map(\.notes).filter { !$0.isEmpty }
  }

  @Test func whatAStepPrintsStandsBesideIt() async throws {
    let notes = try await notes {
      print("one", 1, terminator: "")
      print("...\nand \"two\"")
      await Self.meet { _ in }
      print("thrée")
    }
    #expect(
      notes == [[#"prints "one 1...""#, #"prints "and \"two\"""#], [#"prints "thrée""#]], "\(notes)"
    )
  }

  @Test func ofMuchThatIsPrintedTheRestIsCounted() async throws {
    let lines = try await notes {
      for line in 1...20 { print("line", line) }
      await Self.meet { _ in }
    }
    #expect(lines.first?.count == 13, "\(lines)")
    #expect(lines.first?.last == "prints 8 more lines", "\(lines)")
    let bytes = try await notes {
      print(String(repeating: "x", count: 20_000))
      await Self.meet { _ in }
    }
    #expect(bytes.first?.last == "prints 3,617 more bytes", "\(bytes)")
  }

  @Test func whatACrashPrintedBeforeIsToldToo() async throws {
    let outcome = await fuzzed {
      await Self.meet { isSet in
        print("set: \(isSet)")
        precondition(!isSet, "it was set before")
      }
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .crash)
    #expect(
      failure.interleaving.steps.last?.notes == [#"prints "set: true""#], "\(failure)")
  }

  @Test(.enabled(if: !fixturesAreEnabled)) func whatPassesIsPrintedAsEver() async throws {
    let result = try await runFixtures("OutcomeFixtures/prints")
    let lines = result.output.split(separator: "\n").count { $0 == "printed by the body" }
    #expect(lines > 0, "\(result)")
  }

  @Test func aNoteIsFreeWhereNothingIsShown() async {
    let outcome = await fuzzed {
      await Self.meet { _ in }
      func neverTold() -> Int { fatalError("nobody asked for the value") }
      note("value", neverTold())
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func whatComesAboutInSomeSchedulesIsCounted() async throws {
    let outcome = await fuzzed { await Self.meet { sometimes("it was set before", $0) } }
    let report = outcome.report
    let count = try #require(report.sometimes["it was set before"])
    #expect(count > 0 && count < report.schedules, "\(report)")
    #expect(report.warnings.isEmpty, "\(report)")
    #expect(report.description.contains("sometimes: it was set before: in "), "\(report)")
  }

  @Test func whatNeverComesAboutIsWarnedOf() async {
    let outcome = await fuzzed(schedules: 50) {
      await Self.meet { _ in }
      sometimes("pigs fly", false)
    }
    #expect(outcome.failure == nil)
    #expect(outcome.report.sometimes == ["pigs fly": 0])
    let runs = outcome.report.schedules
    #expect(
      outcome.report.warnings == ["`sometimes`: pigs fly: never in \(runs) schedules"],
      "\(outcome)")
  }

  @Test(arguments: [1, 2]) func workersCountTogether(workers: Int) async throws {
    let outcome = await fuzzed {
      $0.workers = workers
    } body: {
      await Self.meet { sometimes("it was set before", $0) }
      sometimes("it ran")
    }
    #expect(outcome.report.sometimes["it ran"] ?? 0 > 0, "\(outcome)")
    #expect(outcome.report.sometimes["it was set before"] ?? 0 > 0)
  }

  @Test func outsideOfARunNothingIsTold() {
    note("nobody", 1)
    sometimes("nothing", false)
  }
}
