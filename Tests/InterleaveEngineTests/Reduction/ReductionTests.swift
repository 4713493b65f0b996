import InterleaveEngine
import Testing

@Suite struct ReductionTests {
  // Brute force takes long where nothing is optimised: most programs are tried where it is.
  #if DEBUG
    private static let (programs, placedPrograms) = (120, 40)
  #else
    private static let (programs, placedPrograms) = (1_000, 300)
  #endif

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
      let all = Exploration.bruteForce(machine, limit: 200, body)
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
  func everyInterleavingOfRandomProgramsIsFoundAndNoneTwice(part: UInt64) async throws {
    let result = try await onThread { try problems(Self.programs, from: part * 1_000_000) }
    for problem in result.problems { Issue.record(Comment(rawValue: problem)) }
    #expect(result.programs == Self.programs)
    // The reduction is one: there were many more schedules than interleavings.
    #expect(result.runs > 2 * result.classes)
  }

  @Test(arguments: [0, 1] as [UInt64])
  func everyOutcomeOfWhatTasksShareAcrossGlobalActorsIsFound(part: UInt64) async throws {
    let (wrong, programs) = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      var (wrong, programs) = ([String](), 0)
      var seed = part * 1_000_000
      while programs < Self.placedPrograms, wrong.count < 5 {
        seed += 1
        let program = ActorProgram.placed(seed: seed)
        let body: @Sendable (Notes) async -> Void = { await program.run($0) }
        guard let all = Exploration.outcomes(machine, limit: 1_500, body), all.count > 1 else {
          continue
        }
        let reduced = Exploration.reduced(machine, limit: 4_000, body)
        programs += 1
        if !reduced.isExhausted || reduced.observations != all {
          wrong.append(
            "seed \(seed): \(reduced.observations.count) of \(all.count) outcomes, "
              + "\(reduced.limits)\n  \(program)")
        }
      }
      return (wrong, programs)
    }
    for program in wrong { Issue.record(Comment(rawValue: program)) }
    #expect(programs == Self.placedPrograms)
  }

  @Test(arguments: [1, 2, 10])
  func independentPairsOfActorsHaveOneInterleaving(pairs: Int) async throws {
    let result = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return Exploration.reduced(machine) { _ in
        for _ in 0..<pairs { await Pair().begin() }
      }
    }
    #expect(result.isExhausted)
    #expect(result.completed == 1)
    #expect(result.blocked == 0)
  }

  @Test func aMendedBankWithThreeClientsIsProved() async throws {
    let result = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return Exploration.reduced(machine) { notes in
        let bank = Account()
        async let one = bank.withdraw(80)
        async let two = bank.withdraw(80)
        async let three = bank.withdraw(80)
        let paid = await [one, two, three].count { $0 }
        notes.add("\(paid) paid, \(await bank.balance) left", to: "bank")
      }
    }
    #expect(result.isExhausted)
    #expect(result.completed == result.seen.count)
    #expect(result.observations == [["bank": ["1 paid, 20 left"]]])
  }

  @Test func theOrderInWhichActorsFillAStreamIsTried() async throws {
    let result = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return Exploration.reduced(machine) { notes in
        let (stream, continuation) = AsyncStream<Int>.makeStream()
        async let one: Void = Feeder().feed(1, into: continuation)
        async let two: Void = Feeder().feed(2, into: continuation)
        _ = await (one, two)
        continuation.finish()
        for await number in stream { notes.add("\(number)", to: "stream") }
      }
    }
    #expect(result.isExhausted)
    #expect(result.observations == [["stream": ["1", "2"]], ["stream": ["2", "1"]]])
  }

  @Test func whereATimerCompetesNothingIsProved() async throws {
    let result = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return Exploration.reduced(machine) { _ in
        async let sleep: Void? = try? Task.sleep(nanoseconds: 1_000)
        await Account().log("while it sleeps")
        _ = await sleep
      }
    }
    #expect(!result.isExhausted)
    #expect(result.limits.contains(.timers))
  }

  @Test func whereUrgentTasksMeetOthersNothingIsProved() async throws {
    let result = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      return Exploration.reduced(machine) { _ in
        let account = Account()
        let urgent = Task(priority: .high) { await account.log("urgent") }
        let idle = Task(priority: .background) { await account.log("idle") }
        _ = await (urgent.value, idle.value)
      }
    }
    #expect(!result.isExhausted)
    #expect(result.limits.contains(.priorities))
  }

  @Test func aProgramThatChangesBetweenRunsIsNeverProved() async throws {
    let result = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      let runs = Counter()
      return Exploration.reduced(machine, limit: 100) { _ in
        runs.count += 1
        let account = Account()
        await withTaskGroup(of: Void.self) { group in
          for _ in 0..<2 + runs.count % 2 { group.addTask { await account.log("one more") } }
        }
      }
    }
    #expect(!result.isExhausted)
    #expect(result.limits.contains(.divergence))
  }
}

private final class Counter: @unchecked Sendable {
  var count = 0
}

/// Works with a partner of its own.
private actor Pair {
  private let partner = Partner()
  private var turns = 0

  func begin() {
    Task {
      for _ in 0..<3 {
        self.turns += 1
        await self.partner.take(self.turns)
      }
    }
  }
}

private actor Partner {
  private var taken: [Int] = []

  func take(_ turn: Int) { taken.append(turn) }
}

private actor Account {
  private(set) var balance = 100
  private let lines = Partner()

  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    balance -= amount
    await lines.take(amount)
    return true
  }

  func log(_ line: String) async { await lines.take(line.count) }
}

private actor Feeder {
  private var fed = 0

  func feed(_ number: Int, into stream: AsyncStream<Int>.Continuation) {
    fed += 1
    stream.yield(number)
  }
}
