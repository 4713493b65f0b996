import InterleaveEngine
import Testing

/// Each pass has a program that it alone makes smaller; no search helps out.
@Suite struct ShrinkingPassTests {
  private typealias Step = SimulatedProgram.Step

  private func shrink(
    _ program: SimulatedProgram, from choices: [Int], runs: Int = 500
  ) throws -> ScheduleSize {
    let failing = program.run(Chosen(choices))
    try #require(failing.fails)
    return ScheduleSize(shrunk(program, failing.schedule, runs: runs).schedule)
  }

  private func shrunk(
    _ program: SimulatedProgram, _ failing: RecordedSchedule, runs: Int
  ) -> ScheduleShrinker.Result {
    var shrinker = ScheduleShrinker()
    shrinker.budget.runs = runs
    shrinker.budget.searchPercent = 0
    return shrinker.shrink(failing) { program.run($0) }
  }

  /// Makes the given choices, and then the baseline's.
  private final class Chosen: PureStrategy {
    private var choices: ArraySlice<Int>

    init(_ choices: [Int]) { self.choices = choices[...] }

    func begin(_ run: RunStart) {}
    func decide(at point: some ChoicePoint) -> Int { choices.popFirst() ?? 0 }
  }

  // MARK: Reordering of independent steps

  /// Notes on an actor which of two tasks came first.
  private func arrive(_ number: Int) -> Step {
    Step(executor: 5) { shared, _ in
      if shared[0] == 0 { shared[0] = number }
      return true
    }
  }

  private func steps(on executor: UInt64, _ count: Int, makes: [Int] = []) -> [Step] {
    (0..<count).map { index in
      Step(executor: executor, makes: index < makes.count ? [makes[index]] : []) { _, _ in true }
    }
  }

  @Test func stepsThatTouchNothingOfOthersComeTogetherInOneRun() throws {
    // It fails if the second task is the first to arrive; then it leaves, and both take turns.
    let program = SimulatedProgram(
      tasks: [[arrive(1)] + steps(on: 1, 20), [arrive(2)] + steps(on: 2, 20)], variables: [0]
    ) { shared, isOver in isOver && shared[0] == 2 }
    let size = try shrink(program, from: [1, 0] + Array(repeating: 1, count: 38), runs: 1)
    #expect(size.preemptions == 0)
    #expect(size.deviations == 1)
  }

  @Test func tasksThatTouchNothingOfOthersTakeTheirTurnsAsTheBaselineWouldInTwoRuns() throws {
    // One task makes two, of which the later one runs first; what matters are the last two.
    let program = SimulatedProgram(
      tasks: [
        steps(on: 1, 2, makes: [1, 2]), steps(on: 2, 1), steps(on: 3, 1), [arrive(1)], [arrive(2)],
      ], variables: [0]
    ) { shared, isOver in isOver && shared[0] == 2 }
    let size = try shrink(program, from: [0, 0, 3, 2, 1], runs: 2)
    #expect(size.deviations == 1)
  }

  @Test func aTaskThatGoesOnWhereItDidMayBeInterruptedLess() throws {
    // Found at random: where the task that was ready first goes on, another is interrupted.
    let plain = SimulatedProgram.random(seed: 1_524, mailboxes: .inOrder)
    let (trial, outcome) = plain.runToOutcome(SimulatedWalk(), seed: 1_524)
    let program = plain.failing { $0 == outcome }
    #expect(trial.schedule.preemptions == 2)
    let result = shrunk(program, trial.schedule, runs: 2)
    #expect(result.schedule.preemptions == 0)
  }

  // MARK: Two at a time

  @Test func deviationsThatOnlyMatterTogetherAreLeftOutTogether() throws {
    // Each pair of tasks notes on an actor of its own who came first. It fails if the first
    // and the last pair agree, and the second came the other way round.
    func note(_ pair: Int, _ second: Bool) -> [Step] {
      [
        Step(executor: UInt64(pair)) { shared, _ in
          if shared[pair] == 0 { shared[pair] = second ? 2 : 1 }
          return true
        }
      ]
    }
    let program = SimulatedProgram(
      tasks: (0..<3).flatMap { [note($0, false), note($0, true)] }, variables: [0, 0, 0]
    ) { shared, isOver in isOver && shared[0] == shared[2] && shared[1] == 2 }
    // The second task of each pair is picked, and then the first.
    let size = try shrink(program, from: [1, 0, 1, 0, 1])
    #expect(size.deviations == 1)
  }

  // MARK: Tasks that do the same

  @Test func theBaselinesTaskTakesThePartOfAnother() throws {
    // Both read and then write what they have read and one: an update is lost if one does so
    // in the middle of the other.
    let add = [
      Step(executor: 1) { shared, own in
        own = shared[0]
        return true
      },
      Step(executor: 1) { shared, own in
        shared[0] = own + 1
        return true
      },
    ]
    let program = SimulatedProgram(tasks: [add, add], variables: [0]) { shared, isOver in
      isOver && shared[0] == 1
    }
    // The second task begins, and the first one comes in between.
    let size = try shrink(program, from: [1, 1])
    #expect(size.preemptions == 1)
    #expect(size.deviations == 1)
  }

  @Test func ofTasksThatDoTheSameTheBaselinesIsTakenInFewRuns() {
    let program = SimulatedProgram.bank(3)
    let runs = program.failingSchedules(20).map { shrunk(program, $0, runs: 1_000).runs }
    // Without exchanging tasks it takes 978.
    #expect(runs.reduce(0, +) <= 800)
  }

  // MARK: All together

  /// Schedules of many turns, of which each pass takes away what the others leave.
  ///
  /// The sizes are those that all passes reach; without any one of them some are larger.
  @Test func togetherThePassesTakeAwayWhatNoneOfThemCouldAlone() {
    func sizes(_ program: SimulatedProgram, _ count: Int) -> [[Int]] {
      program.failingSchedules(count).map { failing in
        let size = ScheduleSize(shrunk(program, failing, runs: 3_000).schedule)
        return [size.preemptions, size.deviations, size.steps]
      }
    }
    let three = sizes(.deep(3, 5), 5)
    #expect(three == [[2, 2, 26], [2, 2, 24], [2, 2, 24], [2, 2, 28], [2, 2, 26]])
    let four = sizes(.deep(4, 8), 1)
    #expect(four == [[4, 4, 54]])
  }
}
