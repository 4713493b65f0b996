import Testing

@testable import InterleaveEngine

@Suite struct CancellerTests {
  private func wait(_ canceller: RandomCancellation) -> [Int?] {
    canceller.begin()
    return (0..<6).map { _ in canceller.choose(among: [3, 5, 7, 9]) }
  }

  @Test func whomItCancelsIsTheSameForTheSameSeed() {
    let first = wait(RandomCancellation(seed: 4, within: 10))
    let second = RandomCancellation(seed: 4, within: 10)
    #expect(wait(second) == first)
    #expect(wait(second) == first, "each run begins anew")
    #expect(wait(RandomCancellation(seed: 5, within: 10)) != first)
  }

  @Test func everyTaskMayBeTheOne() {
    let chosen = (0..<100 as Range<UInt64>).map { seed in
      let canceller = RandomCancellation(seed: seed, within: 1)
      canceller.begin()
      return canceller.choose(among: [3, 5, 7])
    }
    #expect(Set(chosen) == [3, 5, 7])
  }

  @Test func whereThereIsNoTaskNobodyIsCancelled() {
    let canceller = RandomCancellation(seed: 1, within: 1)
    canceller.begin()
    #expect(canceller.choose(among: []) == nil)
  }

  /// Runs a body in which two tasks sleep, and tells which of them were cancelled.
  private func sleepers(_ canceller: any Canceller) async throws -> (
    String, RecordedSchedule
  ) {
    let boxed = Boxed(canceller)
    return try await onThread {
      let machine = try Machine(settings: MachineSettings())
      machine.canceller = boxed.value
      let run = machine.controlled(seed: 0) {
        let sleepers = (0..<2).map { _ in
          Task {
            do {
              try await Task.sleep(for: .seconds(1))
              return "slept"
            } catch {
              return await Task { "cancelled" }.value
            }
          }
        }
        var results: [String] = []
        for sleeper in sleepers { results.append(await sleeper.value) }
        return results.joined(separator: " ")
      }
      #expect(run.end == .clean)
      return (try run.value?.get() ?? "", run.schedule)
    }
  }

  @Test func aRecordedCancellationIsMadeAgain() async throws {
    var seen: Set<String> = []
    for seed in 0..<10 as Range<UInt64> {
      let (result, schedule) = try await sleepers(RandomCancellation(seed: seed, within: 4))
      let recorded = try #require(schedule.cancellation)
      let (again, same) = try await sleepers(ReplayCancellation(recorded))
      #expect(again == result)
      #expect(same == schedule)
      seen.insert(result)
    }
    #expect(seen.isSuperset(of: ["cancelled slept", "slept cancelled"]), "\(seen)")
  }

  @Test func aCancellationAfterAStepThatDoesNotRunIsLeftOut() async throws {
    let nowhere = RecordedCancellation(task: 1, after: StepKey(task: 2, ordinal: 3))
    let (result, schedule) = try await sleepers(ReplayCancellation(nowhere))
    #expect(result == "slept slept")
    #expect(schedule.cancellation == nil)
  }
}

/// Carries what one thread uses at a time to another.
private struct Boxed<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
