import Interleave
import Testing

/// What a report says of tasks and actors, from a run of real code.
@Suite struct ExplainerTests {
  @Test func aTaskIsMadeWhereTheUserMadeIt() async throws {
    let made = try await tasksOfAFailingRun {
      let shelf = Shelf()
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await shelf.put(1) }
      }
      let task = Task { await shelf.put(2) }
      async let child: Void = shelf.put(3)
      await child
      await task.value
      try await Task.sleep(for: .milliseconds(1))
      throw Expected()
    }
    let first = #line - 9
    let lines = [nil, first, first + 2, first + 3]
    #expect(made.prefix(4).map { $0.madeAt?.line } == lines)
    #expect(
      made.prefix(4).allSatisfy { $0.madeAt.map { $0.fileName == "ExplainerTests.swift" } ?? true })
    #expect(made.map(\.madeAt).dropFirst(4).allSatisfy { $0 == nil }, "a timer is the runtime's")
  }

  @Test func whatAStepChangedIsPrintedAsPeopleWriteIt() async throws {
    let failure = try await failingRun {
      let shelf = Shelf()
      async let one: Void = shelf.put(1)
      async let task: Void = shelf.keep(Task {})
      _ = await (one, task)
      throw Expected()
    }
    let changes = failure.interleaving.steps.flatMap(\.changes)
      .map { "\($0.property) \($0.before) → \($0.after)" }
    #expect(changes.contains("items [:] → [1: \"item 1\"]"))
    #expect(changes.contains("task nil → Task<(), Never>"))
  }

  @Test(.unoptimised) func aStepThatGoesOnInTheRuntimeHasAPlaceButNoName() async throws {
    let failure = try await failingRun {
      let shelf = Shelf()
      async let one: Void = shelf.put(1)
      try await Task.sleep(for: .milliseconds(1))
      await one
      throw Expected()
    }
    let line = #line - 4
    let steps = failure.interleaving.steps.filter { $0.place?.line == line }
    #expect(!steps.isEmpty)
    #expect(failure.interleaving.steps.allSatisfy { !$0.name.function.contains("sleep") })
  }

  private func tasksOfAFailingRun(
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> [Interleaving.TaskInfo] {
    try await failingRun(body).interleaving.tasks
  }

  private func failingRun(
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> FuzzFailure {
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    configuration.seed = 1
    let outcome = await Fuzzer(configuration).run(named: "explainer", body)
    return try #require(outcome.failure)
  }
}

private struct Expected: Error {}

private actor Shelf {
  private var items: [Int: String] = [:]
  private var task: Task<Void, Never>?

  func put(_ number: Int) { items[number] = "item \(number)" }

  func keep(_ task: Task<Void, Never>) { self.task = task }
}
