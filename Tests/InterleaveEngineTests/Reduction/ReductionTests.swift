import Foundation
import InterleaveEngine
import Testing

@Suite struct ReductionTests {
  /// Explores random programs in both ways, and tells where the results differ.
  private func problems(
    _ count: Int, from first: UInt64, settings: MachineSettings = MachineSettings()
  ) throws -> (problems: [String], programs: Int, runs: Int, classes: Int, blocked: Int) {
    let machine = try Machine(settings: settings)
    var result = (problems: [String](), programs: 0, runs: 0, classes: 0, blocked: 0)
    var seed = first
    while result.programs < count, result.problems.count < 5 {
      seed += 1
      let program = ActorProgram.random(seed: seed)
      let body: @Sendable (Notes) async -> Void = { await program.run($0) }
      let all = Exploration.bruteForce(machine, limit: 1_000, body)
      guard all.isExhausted else { continue }
      let reduced = Exploration.reduced(machine, limit: 4_000, body)
      result.programs += 1
      result.runs += all.completed
      result.classes += all.seen.count
      result.blocked += reduced.blocked
      var wrong: [String] = []
      if !reduced.isExhausted { wrong.append("not exhausted: \(reduced.limits)") }
      if Set(reduced.seen.keys) != Set(all.seen.keys) {
        wrong.append("\(reduced.seen.count) of \(all.seen.count) interleavings")
      }
      if reduced.observations != all.observations {
        wrong.append("\(reduced.observations.count) of \(all.observations.count) outcomes")
      }
      let unequal = all.seen.values.count { $0.count > 1 }
      if unequal > 0 { wrong.append("\(unequal) interleavings have several outcomes") }
      if reduced.completed != all.seen.count {
        wrong.append("\(reduced.completed) runs for \(all.seen.count) interleavings")
      }
      if !wrong.isEmpty {
        result.problems.append("seed \(seed): \(wrong.joined(separator: ", "))\n  \(program)")
      }
    }
    return result
  }

  @Test(arguments: [0, 1] as [UInt64])
  func everyInterleavingIsFoundAndNoneTwice(part: UInt64) async throws {
    let count = Int(ProcessInfo.processInfo.environment["PROGRAMS"] ?? "") ?? 500
    let result = try await onThread { try problems(count, from: part * 1_000_000) }
    print(
      "\(result.programs) programs: \(result.runs) schedules, \(result.classes) interleavings,",
      "\(result.blocked) runs cut short")
    for problem in result.problems { Issue.record(Comment(rawValue: problem)) }
    #expect(result.programs == count)
  }
}
