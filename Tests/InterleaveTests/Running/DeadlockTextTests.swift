import Interleave
import Testing

/// What is said of tasks that wait for each other.
@Suite struct DeadlockTextTests {
  @Test func eachOfThreeTasksIsToldWithTheOneThatItWaitsFor() async throws {
    let outcome = await fuzzed {
      let first = Box<Task<Void, Never>>()
      let a = Task { if let task = await first.value { await task.value } }
      let b = Task { await a.value }
      let c = Task { await b.value }
      await first.set(c)
      await c.value
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .deadlock)
    let lines = failure.message.split(separator: "\n")
    try #require(lines.count == 4, "\(failure.message)")
    #expect(lines[0] == "3 tasks wait for each other, so none can ever go on:")
    // The body waits for task 0.2.
    for (line, (task, other)) in zip(lines.dropFirst(), [(2, 1), (1, 0), (0, 2)]) {
      #expect(line.contains("task 0.\(task) waits in "), "\(line)")
      #expect(line.contains("DeadlockTextTests.swift:"), "\(line)")
      let end =
        "for the result of task 0.\(other), which task 0.\(other) would have to bring about"
      #expect(line.hasSuffix(end), "\(line)")
    }
  }
}
