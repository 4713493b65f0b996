import InterleaveEngine
import Testing

@Suite struct BoundedSearchTests {
  /// Runs a search to its end.
  private func search(
    _ program: SimulatedProgram, _ bound: Int
  ) -> (schedules: [RecordedSchedule], search: BoundedSearch) {
    let search = BoundedSearch(maxPreemptions: bound)
    var schedules: [RecordedSchedule] = []
    while search.advance() { schedules.append(program.run(search).schedule) }
    return (schedules, search)
  }

  @Test(arguments: SimulatedProgram.Mailboxes.allCases, 0..<4)
  func everyScheduleWithinTheBoundIsTriedOnce(
    mailboxes: SimulatedProgram.Mailboxes, bound: Int
  ) {
    for seed in 0..<UInt64(15) {
      let program = SimulatedProgram.random(seed: seed, mailboxes: mailboxes)
      let all = program.allTrials().map(\.schedule).filter { $0.preemptions <= bound }
      let (schedules, search) = search(program, bound)
      #expect(search.isExhausted)
      #expect(search.shownBound == bound)
      #expect(schedules.count == all.count, "seed \(seed)")
      #expect(Set(schedules) == Set(all), "seed \(seed)")
    }
  }

  @Test func schedulesWithFewerPreemptionsComeFirst() {
    var program = SimulatedProgram.bank(3)
    program.fails = { _, _ in false }
    let preemptions = search(program, 2).schedules.map(\.preemptions)
    #expect(preemptions == preemptions.sorted())
    #expect(Set(preemptions) == [0, 1, 2])
  }

  @Test func theBoundIsShownLevelByLevel() {
    let search = BoundedSearch(maxPreemptions: 1)
    var bounds: [Int?] = []
    while search.advance() {
      bounds.append(search.shownBound)
      _ = SimulatedProgram.bank(2).run(search)
    }
    #expect(bounds.first == .some(nil))
    #expect(bounds.last == 0)
    #expect(search.shownBound == 1)
  }

  @Test func aProgramThatChangesBetweenRunsIsNeverCalledExhausted() {
    let search = BoundedSearch(maxPreemptions: 0)
    var runs = 0
    while search.advance() {
      let program: SimulatedProgram = runs % 2 == 0 ? .bank(3) : .reorder(5)
      runs += 1
      _ = program.run(search)
    }
    #expect(search.hasDiverged)
    #expect(!search.isExhausted)
    #expect(search.shownBound == nil)
  }

  @Test func aSearchThatNeedsMoreMemoryThanItMayUseIsNeverCalledExhausted() {
    var tree = BoundedSearchTree(maxPreemptions: 0, storage: 30)
    var runs = 0
    while tree.advance() {
      tree.begin()
      for count in [4, 3, 2] { _ = tree.choose(count: count, lastTaskIsEnabled: false) }
      runs += 1
    }
    #expect(runs > 10)
    #expect(!tree.isExhausted)
    #expect(tree.shownBound == nil)
  }

  @Test func aTreeOfFreeChoicesHasAsManySchedulesAsOrders() {
    var tree = BoundedSearchTree(maxPreemptions: 0)
    var schedules: Set<[Int]> = []
    var runs = 0
    while tree.advance() {
      tree.begin()
      runs += 1
      schedules.insert([4, 3, 2].map { tree.choose(count: $0, lastTaskIsEnabled: false) })
    }
    #expect(runs == 24)
    #expect(schedules.count == 24)
  }

  @Test func aTreeHasAsManySchedulesAsTheDeviationsAllow() {
    for (deviations, expected) in [(0, 1), (1, 1 + 5 * 2), (2, 1 + 5 * 2 + 10 * 4)] {
      var tree = BoundedSearchTree(maxPreemptions: 5, maxDeviations: deviations)
      var runs = 0
      while tree.advance() {
        tree.begin()
        for place in 0..<5 { _ = tree.choose(count: 3, lastTaskIsEnabled: place % 2 == 0) }
        runs += 1
      }
      #expect(runs == expected)
      #expect(tree.isExhausted)
    }
  }

  @Test func aTreeOfPreemptionsHasAsManySchedulesAsTheBoundAllows() {
    for (bound, expected) in [(0, 1), (1, 1 + 5 * 2), (2, 1 + 5 * 2 + 10 * 4)] {
      var tree = BoundedSearchTree(maxPreemptions: bound)
      var runs = 0
      while tree.advance() {
        tree.begin()
        for _ in 0..<5 { _ = tree.choose(count: 3, lastTaskIsEnabled: true) }
        runs += 1
      }
      #expect(runs == expected)
    }
  }
}
