import InterleaveEngine
import Testing

private struct Oops: Error {}

private actor Tally {
  var sum = 0
  func add(_ amount: Int) { sum += amount }
}

@Suite struct TaskGroupTests {
  @Test func aGroupYieldsItsResultsInAnyOrder() async throws {
    let values = try await forEverySeed(40) {
      await withTaskGroup(of: Int.self) { group in
        for n in 0..<3 { group.addTask { n } }
        var order: [Int] = []
        for await n in group { order.append(n) }
        return order
      }
    }
    #expect(values.allSatisfy { $0.sorted() == [0, 1, 2] })
    #expect(Set(values).count > 3)
  }

  @Test func aThrowingGroupCancelsTheOthers() async throws {
    let values = try await forEverySeed {
      do {
        return try await withThrowingTaskGroup(of: Int.self) { group in
          group.addTask { throw Oops() }
          group.addTask {
            try await Task.sleep(for: .seconds(3600))
            return 1
          }
          var sum = 0
          for try await n in group { sum += n }
          return sum
        }
      } catch {
        return error is Oops ? -1 : -2
      }
    }
    #expect(Set(values) == [-1])
  }

  @Test func aDiscardingGroupWaitsForAll() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let tally = Tally()
      await withDiscardingTaskGroup { group in
        for n in 1...3 { group.addTask { await tally.add(n) } }
      }
      return await tally.sum
    }
    #expect(Set(values) == [6])
  }

  @Test func aThrowingDiscardingGroupThrowsTheFirstError() async throws {
    let values = try await forEverySeed {
      let tally = Tally()
      do {
        try await withThrowingDiscardingTaskGroup { group in
          group.addTask {
            await tally.add(1)
            throw Oops()
          }
          group.addTask {
            await tally.add(1)
            try await Task.sleep(for: .seconds(60))
          }
        }
        return -1
      } catch {
        return await tally.sum
      }
    }
    #expect(Set(values).isSubset(of: [1, 2]))
  }

  @Test func aCancelledGroupAddsNoMoreTasksUnlessCancelled() async throws {
    let values = try await forEverySeed(5, isLikeNative: true) {
      await withTaskGroup(of: Bool.self) { group in
        group.cancelAll()
        let added = group.addTaskUnlessCancelled { true }
        group.addTask { Task.isCancelled }
        return [added, await group.next() ?? false]
      }
    }
    #expect(Set(values) == [[false, true]])
  }

  @Test func aGroupOnAnActorRunsItsChildrenOutside() async throws {
    let values = try await forEverySeed(isLikeNative: true) { await GroupOwner().run() }
    #expect(Set(values) == [6])
  }

  // MARK: Groups of many children

  /// Of those, ended ones are moved to the front of the runtime's list.
  @Test func theChildrenOfALargeGroupAreCancelledInTheOrderInWhichTheyWereMade() async throws {
    let values = try await forEverySeed(3) {
      let begun = Tally()
      let notes = Notes()
      return await withTaskGroup(of: Int.self) { group in
        for number in 0..<600 {
          group.addTask {
            if number.isMultiple(of: 2) { return number }
            await withTaskCancellationHandler {
              await begun.add(1)
              try? await Task.sleep(for: .seconds(3600))
            } onCancel: {
              notes.add("\(number)", to: "cancelled")
            }
            return number
          }
        }
        while await begun.sum < 300 { await Task.yield() }
        var ended: [Int] = []
        for _ in 0..<300 { if let number = await group.next() { ended.append(number) } }
        group.cancelAll()
        let order = (notes.lines["cancelled"] ?? []).compactMap { Int($0) }
        await group.waitForAll()
        return [ended.sorted(), order]
      }
    }
    #expect(
      Set(values) == [
        [Array(stride(from: 0, to: 600, by: 2)), Array(stride(from: 1, to: 600, by: 2))]
      ])
  }

  /// Others come after the last one, which may have been moved.
  @Test func theChildrenThatALargeGroupIsGivenLaterAreCancelledWithTheOthers() async throws {
    let values = try await forEverySeed(3) {
      let begun = Tally()
      return await withTaskGroup(of: Bool.self) { group in
        let wait: @Sendable () async -> Bool = {
          await begun.add(1)
          try? await Task.sleep(for: .seconds(3600))
          return Task.isCancelled
        }
        for number in 0..<600 {
          if number.isMultiple(of: 2) {
            group.addTask(operation: wait)
          } else {
            group.addTask { false }
          }
        }
        while await begun.sum < 300 { await Task.yield() }
        for _ in 0..<300 { _ = await group.next() }
        for _ in 0..<10 { group.addTask(operation: wait) }
        while await begun.sum < 310 { await Task.yield() }
        group.cancelAll()
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
    }
    #expect(Set(values) == [310])
  }

  @Test func eachChildOfALargeGroupIsTakenOnceHoweverManyAreMadeMeanwhile() async throws {
    let values = try await forEverySeed(5) {
      let tally = Tally()
      return await withTaskGroup(of: Int.self) { group in
        for number in 0..<400 {
          group.addTask {
            await tally.add(1); return number
          }
        }
        var taken: [Int] = []
        while let number = await group.next() {
          taken.append(number)
          if number < 400, number.isMultiple(of: 2) { group.addTask { number + 400 } }
        }
        return taken.sorted()
      }
    }
    let all = Array(0..<400) + stride(from: 400, to: 800, by: 2)
    #expect(Set(values) == [all])
  }

  @Test func aLargeDiscardingGroupEndsWithAllOfItsChildren() async throws {
    let values = try await forEverySeed(5) {
      let tally = Tally()
      await withDiscardingTaskGroup { group in
        for _ in 0..<500 { group.addTask { await tally.add(1) } }
      }
      return await tally.sum
    }
    #expect(Set(values) == [500])
  }

  /// While one of them is amid its end, nothing is moved.
  @Test(.enabled(if: Interruptions.obstacle == nil))
  func eachChildOfALargeGroupIsTakenOnceWhereverStepsAreInterrupted() async throws {
    var settings = MachineSettings()
    settings.interruptions = .everywhere
    let values = try await forEverySeed(4, settings: settings) {
      let (notes, tally) = (Notes(), Tally())
      return await withTaskGroup(of: Int.self) { group in
        for number in 0..<400 {
          let last = AtItsEnd { notes.add("\(number)", to: "ended") }
          group.addTask {
            withExtendedLifetime(last) { notes.add("\(number)", to: "begun") }
            if number.isMultiple(of: 3) { await tally.add(1) }
            return number
          }
        }
        var taken: [Int] = []
        while let number = await group.next() {
          taken.append(number)
          if number.isMultiple(of: 5) { await tally.add(1) }
        }
        return taken.sorted() + [notes.lines["begun"]?.count ?? 0]
      }
    }
    #expect(Set(values) == [Array(0...400)])
  }
}

private actor GroupOwner {
  var sum = 0
  func add(_ n: Int) { sum += n }
  func run() async -> Int {
    await withTaskGroup(of: Void.self) { group in
      for n in 1...3 {
        group.addTask { await self.add(n) }
        group.addTask { [self] in
          await withTaskGroup(of: Void.self) { inner in inner.addTask { await self.add(0) } }
        }
      }
      await group.waitForAll()
    }
    return sum
  }
}

/// Does something when nobody holds it any more.
private final class AtItsEnd: Sendable {
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  deinit { body() }
}
