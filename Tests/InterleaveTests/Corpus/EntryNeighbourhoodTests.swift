import Interleave
import InterleaveEngine
import Testing

/// What is looked at near an entry, on programs that are lists of steps.
@Suite struct EntryNeighbourhoodTests {
  /// How many schedules near an entry were run in a program until one failed; nil where none did.
  private func search(
    _ program: MadeUpProgram, _ entry: CorpusEntry = MadeUpProgram.bankFailure, limit: Int = 400
  ) -> Int? {
    var neighbourhood = EntryNeighbourhood(entry, limit: limit)
    while let schedule = neighbourhood.next() {
      var nearby = NearbyRun(schedule)
      var steps = 0
      let run = program.run { count, name in
        defer { steps += 1 }
        return nearby.choose(among: count, after: steps) { index in
          StepPlace(task: name(index).task, ordinal: name(index).ordinal)
        }
      }
      if program.fails(run.names) { return neighbourhood.count }
      neighbourhood.record(nearby)
    }
    return nil
  }

  @Test func renamedFunctionsAndActorsAreFoundAtOnce() {
    let renamed = MadeUpProgram.bank(
      before: ["Clerk.welcome()"], withdraw: "Account.take(_:)", executor: "Account")
    #expect(search(renamed) == 1)
  }

  @Test func stepsAddedAheadAreSkipped() throws {
    let moved = MadeUpProgram.bank(
      before: ["Clerk.welcome()", "Clerk.bow()"], withdraw: "Account.take(_:)")
    let count = try #require(search(moved))
    #expect(count <= 24)
  }

  @Test func aTaskAddedAheadIsFoundByAnotherDeviation() throws {
    let other = MadeUpProgram.Task(path: "0.0", steps: [("Clock.tick()", "Clock")])
    let moved = MadeUpProgram.bank(
      paths: ["0.1", "0.2"], withdraw: "Account.take(_:)", others: [other])
    let count = try #require(search(moved))
    #expect(count <= 100)
  }

  @Test func aFailureThatNeedsNoDeviationAnyMoreIsFound() {
    var always = MadeUpProgram.bank(withdraw: "Account.take(_:)")
    always.fails = { $0[0].task == $0[1].task }
    #expect(search(always) != nil)
  }

  @Test func aFailureThatNeedsTwoMoreDeviationsIsFound() throws {
    var harder = MadeUpProgram.bank(
      before: ["a()", "b()"], between: ["c()"], withdraw: "Account.take(_:)")
    // The tasks take turns twice.
    harder.fails = { names in
      zip(names, names.dropFirst()).count { $0.task != $1.task } >= 4
    }
    #expect(try #require(search(harder)) <= 400)
  }

  @Test func stepsAreLookedForAFewPlacesBeforeAndAfterTheNearestFirst() {
    let places = (-1...2).flatMap { picked in (-2...3).map { [picked, $0] } }
    var neighbourhood = EntryNeighbourhood(bankEntry, limit: places.count)
    let old = bankEntry.deviations[0]
    var shifts: [[Int]] = []
    while let moved = neighbourhood.next()?.deviations[0] {
      shifts.append([
        moved.picked.ordinal - old.picked.ordinal,
        moved.passedOver.ordinal - old.passedOver.ordinal,
      ])
    }
    #expect(shifts.count == places.count && Set(shifts) == Set(places))
    let distances = shifts.map { abs($0[0]) + abs($0[1]) }
    #expect(distances == distances.sorted())
  }

  @Test func oneMoreDeviationIsTriedNearTheOldOnesFirst() {
    var entry = bankEntry
    entry.deviations[0].index = 10
    var neighbourhood = EntryNeighbourhood(entry, limit: 400)
    var tried: [Int] = []
    while let schedule = neighbourhood.next(), schedule.forced.count <= 1, schedule.noise == nil {
      for forced in schedule.forced where !tried.contains(forced.choice) {
        tried.append(forced.choice)
      }
      var run = NearbyRun(schedule)
      for step in 0..<20 {
        _ = run.choose(among: 2, after: step) {
          StepPlace(task: TaskPath(ordinals: [9]), ordinal: $0)
        }
      }
      neighbourhood.record(run)
    }
    #expect(tried.prefix(5) == [10, 9, 11, 8, 12])
  }

  @Test func whatCannotFailIsGivenUpAtTheLimit() {
    var sound = MadeUpProgram.bank()
    sound.fails = { _ in false }
    for limit in [0, 1, 7, 100] { #expect(search(sound, limit: limit) == nil) }
    var neighbourhood = EntryNeighbourhood(MadeUpProgram.bankFailure, limit: 7)
    var count = 0
    while neighbourhood.next() != nil { count += 1 }
    #expect(count == 7)
  }

  @Test func noScheduleIsTriedTwiceAndEverySearchIsTheSame() {
    func all() -> [NearbySchedule] {
      var neighbourhood = EntryNeighbourhood(MadeUpProgram.bankFailure, limit: 200)
      var schedules: [NearbySchedule] = []
      while let schedule = neighbourhood.next() {
        schedules.append(schedule)
        var run = NearbyRun(schedule)
        _ = MadeUpProgram.bank().run { count, name in
          run.choose(among: count, after: 0) {
            StepPlace(task: name($0).task, ordinal: name($0).ordinal)
          }
        }
        neighbourhood.record(run)
      }
      return schedules
    }
    let schedules = all()
    #expect(Set(schedules).count == schedules.count)
    #expect(all() == schedules)
  }

  @Test func anEntryWithNumbersBeyondReasonIsSearchedAllTheSame() {
    var entry = MadeUpProgram.bankFailure
    entry.deviations = (0..<5_000).map { index in
      var deviation = bankEntry.deviations[0]
      deviation.index = index.isMultiple(of: 2) ? .max : 0
      deviation.picked.ordinal = .max
      deviation.passedOver.ordinal = index
      return deviation
    }
    #expect(search(.bank(withdraw: "Account.take(_:)"), entry) != nil)
  }
}
