import InterleaveEngine
import Testing

private actor Journal {
  var lines = ""
  func write(_ line: String) { lines += line }
  func writeTwice(_ line: String) async {
    lines += line
    await Task.yield()
    lines += line
  }
}

@MainActor private func onMain() async { await Task.yield() }

@Suite struct DeterminismTests {
  /// Something of everything, in which the order of events shows in the result.
  @Sendable private static func mixture() async -> String {
    let journal = Journal()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await journal.writeTwice("a") }
      group.addTask {
        try? await Task.sleep(for: .milliseconds(5))
        await journal.write("b")
      }
      group.addTask { await Task.detached { await journal.writeTwice("c") }.value }
      group.addTask {
        await onMain()
        await journal.write("d")
      }
    }
    async let last: Void = journal.write("e")
    let (stream, continuation) = AsyncStream.makeStream(of: String.self)
    let reader = Task { for await line in stream { await journal.write(line) } }
    for line in ["f", "g"] { continuation.yield(line) }
    continuation.finish()
    await reader.value
    await last
    return await journal.lines
  }

  private static func fingerprint(_ schedule: RecordedSchedule) -> UInt64 {
    schedule.steps.reduce(0) { hash, step in
      mix(mix(mix(hash, step.key.task), UInt64(step.key.ordinal)), step.executor)
    }
  }

  // The literals were made by another process. An optimized program has fewer
  // steps, since the compiler removes hops that nobody can see.
  @Test func aSeedGivesTheSameRunInEveryProcess() async throws {
    let runs = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return (0..<6).map { machine.controlled(seed: $0, Self.mixture) }
    }
    let lines = try runs.map { try $0.value?.get() }
    let fingerprints = runs.map { Self.fingerprint($0.schedule) }
    #if DEBUG
      #expect(
        lines == ["acadcbefg", "cabcadefg", "cdacbafge", "abadccfeg", "abccadfeg", "abcacdfeg"])
      #expect(
        fingerprints == [
          15_956_876_813_131_121_770, 8_147_570_902_667_222_243, 10_106_340_195_575_238_479,
          574_023_283_128_439_096, 5_577_640_536_106_344_087, 13_756_161_043_091_840_021,
        ])
    #else
      #expect(
        lines == ["acadcbefg", "cabdcaefg", "cdcabaefg", "abadccfeg", "abccadfeg", "abcacdefg"])
      #expect(
        fingerprints == [
          8_328_409_018_803_232_533, 5_482_163_744_709_048_284, 4_906_704_945_103_993_405,
          1_797_224_254_204_786_494, 4_316_804_385_521_365_222, 13_152_854_494_827_270_753,
        ])
    #endif
  }

  @Test func theSameMachineAndAnotherGiveTheSameRun() async throws {
    let pairs = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return try (0..<20 as Range<UInt64>).map { seed in
        let first = machine.controlled(seed: seed, Self.mixture)
        let second = try Machine(settings: MachineSettings()).controlled(seed: seed, Self.mixture)
        return (first, second)
      }
    }
    #expect(pairs.allSatisfy { $0.schedule == $1.schedule && $0.signature == $1.signature })
  }

  @Test func anotherSeedGivesAnotherRun() async throws {
    let signatures = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return (0..<20 as Range<UInt64>).map { machine.controlled(seed: $0, Self.mixture).signature }
    }
    #expect(Set(signatures).count > 15)
  }
}
