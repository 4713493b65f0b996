import Testing

@testable import Interleave
@testable import InterleaveEngine

private actor Counter {
  private var value = 0
  func read() -> Int { value }
  func write(_ value: Int) { self.value = value }
}

private struct Teller {
  let counter: Counter
  func increment() async {
    let value = await counter.read()
    await counter.write(value + 1)
  }
}

@Suite struct InterleavingNamingTests {
  /// Runs two increments, under schedules from a seed on, until one was lost.
  private func lostUpdate() throws -> Interleaving {
    let machine = try Machine(settings: MachineSettings())
    let walk = RandomWalk()
    for seed in 0..<200 {
      let final = Final()
      _ = machine.run(walk, RunStart(index: 1, seed: UInt64(seed))) {
        Task {
          let counter = Counter()
          async let left: Void = Teller(counter: counter).increment()
          async let right: Void = Teller(counter: counter).increment()
          _ = await (left, right)
          final.value = await counter.read()
        }
      }
      defer { machine.finish() }
      if final.value == 1 { return Interleaving(machine, rootFunction: "lostUpdate()") }
    }
    Issue.record("no schedule lost an update")
    return Interleaving()
  }

  private final class Final: @unchecked Sendable { var value = 0 }

  #if DEBUG
    @Test func aRealRunIsNamedForPeople() throws {
      let interleaving = try lostUpdate()
      let words = interleaving.steps.map { "\($0.name.task) \($0.name.function) \($0.actor)" }
      #expect(words.contains("0.0 Teller.increment() Counter"))
      #expect(words.contains("0.1 Teller.increment() Counter"))
      #expect(
        interleaving.tasks.map { "\($0.path) \($0.function)" } == [
          "0 lostUpdate()", "0.0 Teller.increment()", "0.1 Teller.increment()",
        ])
      #expect(interleaving.tasks.dropFirst().allSatisfy { $0.madeAt?.file == #filePath })
    }

    @Test func theLostUpdateIsExplained() throws {
      let interleaving = try lostUpdate()
      let explanation = Explanation(interleaving)
      #expect(!explanation.departures.isEmpty)
      let collision = try #require(explanation.collisions.first)
      let tasks = [collision.before, collision.between, collision.after].map {
        "\(interleaving.steps[$0].name.task)"
      }
      #expect(tasks == ["0.0", "0.1", "0.0"] || tasks == ["0.1", "0.0", "0.1"])
    }
  #endif

  @Test func theSameRunIsNamedTheSame() throws {
    #expect(try lostUpdate() == lostUpdate())
  }

  // MARK: Naming without a run

  private func identity(
    _ task: Int, _ ordinal: Int, _ resume: UInt, on executor: Int
  ) -> InspectedStep.StepIdentity {
    InspectedStep.StepIdentity(task: task, ordinal: ordinal, resume: resume, executor: executor)
  }

  private func interleaving(_ steps: [InspectedStep], executors: [String]) -> Interleaving {
    let tasks = ["0", "0.0"].map {
      InspectedTask(path: Sample.path($0), site: 0, entry: 0, lastResume: 0, hasEnded: true)
    }
    return Interleaving(steps: steps, tasks: tasks, executors: executors, rootFunction: "test()") {
      $0.map { CodePlace(function: "f\($0.instruction)") }
    }
  }

  private func step(
    _ key: InspectedStep.StepIdentity, insteadOf passed: InspectedStep.StepIdentity? = nil
  ) -> InspectedStep {
    InspectedStep(
      key: key, passedOver: passed ?? key, reason: .hopped, end: .suspended, time: 0,
      isPreemption: false, isStall: false)
  }

  @Test func stepsInTheSameFunctionAreCounted() {
    let named = interleaving(
      [
        step(identity(0, 0, 5, on: 0)), step(identity(1, 0, 5, on: 0)),
        step(identity(0, 1, 5, on: 0)), step(identity(0, 2, 6, on: 0)),
      ], executors: [""])
    #expect(named.steps.map(\.name.occurrence) == [0, 0, 1, 0])
    #expect(named.steps.map(\.name.function) == ["f5", "f5", "f5", "f6"])
    #expect(named.deviations.isEmpty)
  }

  @Test func aStepThatWasNotTheBaselinesIsADeviation() {
    let passed = identity(0, 1, 7, on: 1)
    let named = interleaving(
      [
        step(identity(0, 0, 7, on: 0)), step(identity(1, 0, 5, on: 0), insteadOf: passed),
        step(passed),
      ], executors: ["", "Bank"])
    #expect(named.deviations.map(\.index) == [1])
    #expect(named.deviations[0].picked == named.steps[1].name)
    #expect(named.deviations[0].passedOver == named.steps[2].name)
  }

  @Test func actorsOfOneTypeAreToldApart() {
    let named = interleaving(
      [
        step(identity(0, 0, 1, on: 0)), step(identity(0, 1, 1, on: 3)),
        step(identity(0, 2, 1, on: 1)), step(identity(0, 3, 1, on: 3)),
        step(identity(0, 4, 1, on: 2)),
      ], executors: ["", "Bank", "Log", "Bank"])
    #expect(named.steps.map(\.instance) == [0, 1, 2, 1, 0])
    #expect(
      named.steps.map(\.actor) == ["", "Bank\u{A0}#1", "Bank\u{A0}#2", "Bank\u{A0}#1", "Log"])
  }
}
