import Testing

@testable import InterleaveEngine

/// Runs have the same hash that differ only in the order of steps which do not depend on each other.
@Suite struct RunHashTests {
  /// A step of a task on an executor of its own or of another's, with what it touched.
  private struct Step {
    var task: Int32
    var executor: Int32
    var cause = -1
    var time: AccessMode? = nil
    var touches: [Touch] = []

    init(
      _ task: Int32, on executor: Int32? = nil, cause: Int = -1, time: AccessMode? = nil,
      _ touches: [Touch] = []
    ) {
      (self.task, self.executor) = (task, executor ?? task)
      (self.cause, self.time, self.touches) = (cause, time, touches)
    }
  }

  private func hash(_ steps: [Step], locks: Int? = nil) -> UInt64 {
    let (scratch, touches) = (RunHash.Scratch(), Column<Touch>())
    defer {
      scratch.deallocate()
      touches.deallocate()
    }
    for touch in steps.flatMap(\.touches) { touches.append(touch) }
    var hash = RunHash(
      in: scratch, touches: touches, steps: steps.count, executors: 8, tasks: 8, locks: locks)
    var first = 0
    for (number, step) in steps.enumerated() {
      let end = first + step.touches.count
      hash.add(
        RunHash.Step(
          name: mix(1, UInt64(step.task)), cause: step.cause,
          executor: TouchedObject.place(ofExecutor: step.executor),
          task: TouchedObject.place(ofTask: step.task), time: step.time),
        number: number, first..<end)
      first = end
    }
    return hash.total
  }

  private func isSame(_ one: Step, _ other: Step, locks: Int? = nil) -> Bool {
    hash([one, other], locks: locks) == hash([other, one], locks: locks)
  }

  private func touch(_ object: TouchedObject, _ mode: AccessMode) -> [Touch] {
    [Touch(object: object.name, mode: mode)]
  }

  @Test func stepsThatShareNothingMayChangePlaces() {
    #expect(isSame(Step(1), Step(2)))
    #expect(hash([Step(1), Step(2)]) != hash([Step(1), Step(3)]))
    #expect(hash([Step(1), Step(2)]) != hash([Step(1)]))
  }

  @Test func theOrderOnOneActorCounts() {
    #expect(!isSame(Step(1, on: 3), Step(2, on: 3)))
    #expect(
      hash([Step(1, on: 3), Step(2), Step(4, on: 3)])
        == hash([Step(2), Step(1, on: 3), Step(4, on: 3)]))
  }

  @Test func touchesInOneModeMayChangePlacesAndOthersNot() {
    for (one, other, mayChange) in [
      (AccessMode.first, AccessMode.first, true), (.second, .second, true),
      (.first, .second, false), (.exclusive, .exclusive, false), (.exclusive, .first, false),
      (.second, .exclusive, false),
    ] {
      let object = TouchedObject.mailbox(5)
      #expect(
        isSame(Step(1, touch(object, one)), Step(2, touch(object, other))) == mayChange,
        "\(one), \(other)")
    }
  }

  @Test func timersDependOnTimeWhereThereAreAny() {
    #expect(!isSame(Step(1, time: .exclusive), Step(2, time: .first)))
    #expect(isSame(Step(1, time: .first), Step(2, time: .first)))
  }

  @Test func whoMadeAStepReadyCounts() {
    #expect(
      hash([Step(1), Step(2), Step(3, cause: 0)]) != hash([Step(1), Step(2), Step(3, cause: 1)]))
  }

  @Test func theOrderOfLocksCountsOnlyWhereItIsAskedFor() {
    let lock = [Touch(object: TouchedObject.firstLock | 1, mode: .exclusive)]
    #expect(isSame(Step(1, lock), Step(2, lock)))
    #expect(!isSame(Step(1, lock), Step(2, lock), locks: 1))
  }

  /// Which pairs of steps have to run in which order, by definition.
  private func forced(_ steps: [Step], order: [Int]) -> Set<[Int]> {
    var pairs: Set<[Int]> = []
    for (place, later) in order.enumerated() {
      for earlier in order[..<place] {
        let (one, other) = (steps[earlier], steps[later])
        let isShared =
          one.executor == other.executor || one.task == other.task
          || one.touches.contains { touch in
            other.touches.contains {
              touch.object == $0.object && touch.mode.conflicts(with: $0.mode)
            }
          }
        if isShared { pairs.insert([earlier, later]) }
      }
    }
    return pairs
  }

  @Test func runsHaveTheSameHashExactlyWhereTheSamePairsAreForced() {
    var random = SplitMix64(seed: 3)
    var sames = 0
    for _ in 0..<400 {
      let steps = (0..<5 as Range<Int32>).map { number in
        let touches = (0..<random.below(4)).map { _ in
          Touch(
            object: TouchedObject.mailbox(Int32(random.below(2))).name,
            mode: [AccessMode.first, .second, .exclusive, .first, .second][random.below(5)])
        }
        return Step(number, on: random.below(4) == 0 ? 7 : number, touches)
      }
      var classes: [Set<[Int]>: UInt64] = [:]
      var order = Array(steps.indices)
      for _ in 0..<24 {
        order.shuffle(using: &random)
        let (pairs, hash) = (forced(steps, order: order), hash(order.map { steps[$0] }))
        if let known = classes[pairs] {
          sames += 1
          #expect(known == hash, "\(steps), \(order)")
        } else {
          #expect(!classes.values.contains(hash), "\(steps), \(order)")
          classes[pairs] = hash
        }
      }
    }
    #expect(sames > 1_000)
  }
}
