import Testing

@testable import InterleaveEngine

@Suite struct DiagnosisTests {
  private func blocked(
    _ index: Int, _ wait: TaskWait, on executor: Int = 0, after visited: Set<Int> = []
  ) -> BlockedTask {
    BlockedTask(index: index, wait: wait, executor: executor, visited: visited)
  }

  @Test func tasksThatAwaitEachOtherAreADeadlock() {
    let tasks = [blocked(0, .task(1)), blocked(1, .task(2)), blocked(2, .task(1))]
    #expect(Diagnosis(tasks) == .deadlock([1, 2]))
  }

  @Test func aTaskThatAwaitsItselfIsADeadlock() {
    #expect(Diagnosis([blocked(0, .task(0))]) == .deadlock([0]))
  }

  @Test func aGroupWhoseChildAwaitsItsParentIsADeadlock() {
    let tasks = [
      blocked(0, .group([1, 2])), blocked(1, .continuation(isLost: false)),
      blocked(2, .task(0)),
    ]
    #expect(Diagnosis(tasks) == .deadlock([0, 2]))
  }

  @Test func aDeadlockIsOneAlsoWhenTheBodyHasEnded() {
    #expect(Diagnosis([blocked(3, .task(4)), blocked(4, .task(3))]) == .deadlock([3, 4]))
  }

  @Test func thoseAtTheEndOfAChainAreTheOnesThatWait() {
    let tasks = [
      blocked(0, .task(1)), blocked(1, .group([2])),
      blocked(2, .continuation(isLost: false), on: 1),
    ]
    #expect(Diagnosis(tasks) == .lostWakeUp([2]))
  }

  @Test func aDroppedContinuationForWhichTheBodyWaitsIsALostWakeUp() {
    let tasks = [
      blocked(0, .task(1)), blocked(1, .continuation(isLost: true)),
      blocked(2, .continuation(isLost: false)),
    ]
    #expect(Diagnosis(tasks) == .lostWakeUp([1]))
  }

  @Test func actorsWhoseWaitersPassedThroughEachOthersAreADeadlock() {
    let tasks = [
      blocked(0, .group([1, 2])),
      blocked(1, .continuation(isLost: false), on: 2, after: [1, 2]),
      blocked(2, .continuation(isLost: false), on: 1, after: [1, 2]),
    ]
    #expect(Diagnosis(tasks) == .deadlock([1, 2]))
  }

  @Test func waitersOfOneActorAreNoDeadlock() {
    let tasks = [
      blocked(0, .group([1, 2])),
      blocked(1, .continuation(isLost: false), on: 1, after: [1, 2]),
      blocked(2, .continuation(isLost: false), on: 1, after: [1, 2]),
    ]
    #expect(Diagnosis(tasks) == .lostWakeUp([1, 2]))
  }

  @Test func waitersThatNeverPassedThroughEachOthersActorsAreNoDeadlock() {
    let tasks = [
      blocked(0, .group([1, 2])),
      blocked(1, .continuation(isLost: false), on: 2, after: [2, 3]),
      blocked(2, .continuation(isLost: false), on: 1, after: [1, 2]),
    ]
    #expect(Diagnosis(tasks) == .lostWakeUp([1, 2]))
  }

  @Test func tasksThatOutliveTheBodyAreLeaked() {
    #expect(Diagnosis([blocked(2, .unknown)]) == .leakedTask([2]))
    #expect(
      Diagnosis([blocked(1, .continuation(isLost: false)), blocked(2, .task(1))])
        == .leakedTask([1, 2]))
  }

  @Test func continuationsThatAreDroppedAfterTheBodyAreLeaked() {
    #expect(
      Diagnosis([blocked(1, .continuation(isLost: true)), blocked(2, .task(1))])
        == .leakedContinuation([1]))
  }

  // MARK: Patterns

  @Test(
    arguments: [
      ([], nil), ([1, 1, 1], 1), ([1, 2, 3], nil), ([1, 2, 1, 2, 1, 2], 2),
      ([9, 9, 8, 1, 2, 3, 1, 2, 3, 1, 2, 3], 3), ([1, 2, 1, 2], nil),
      ([1, 2, 1, 2, 1, 2, 3], nil), ([2, 1, 1, 2, 1, 1, 2, 1, 1, 1], 1),
    ] as [([Int], Int?)]) func theShortestPatternAtTheEndIsFound(items: [Int], length: Int?)
  {
    #expect(repeatedPattern(in: items) == length)
  }

  @Test func aPatternMustStandThereAsOftenAsAsked() {
    #expect(repeatedPattern(in: [1, 2, 1, 2], repetitions: 2) == 2)
    #expect(repeatedPattern(in: [1, 2, 1, 2], repetitions: 3) == nil)
  }
}
