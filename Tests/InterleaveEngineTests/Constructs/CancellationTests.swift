import InterleaveEngine
import Synchronization
import Testing

@Suite struct CancellationTests {
  @Test func aSleepingTaskIsCancelled() async throws {
    let values = try await forEverySeed {
      let task = Task {
        do {
          try await Task.sleep(for: .seconds(3600))
          return "slept"
        } catch {
          return "cancelled"
        }
      }
      let tolerant = Task {
        do {
          try await Task.sleep(for: .seconds(3600), tolerance: .seconds(1))
          return "slept"
        } catch {
          return "cancelled"
        }
      }
      try await Task.sleep(for: .seconds(1))
      task.cancel()
      tolerant.cancel()
      return [await task.value, await tolerant.value]
    }
    #expect(Set(values) == [["cancelled", "cancelled"]])
  }

  @Test func aCancellationHandlerRunsInTheCancellersStep() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let events = Mutex<[String]>([])
      let task = Task { () -> Bool in
        await withTaskCancellationHandler {
          while !Task.isCancelled { await Task.yield() }
          return Task.isCancelled
        } onCancel: {
          events.withLock { $0.append("handler") }
        }
      }
      await Task.yield()
      task.cancel()
      let wasCancelled = await task.value
      return (events.withLock { $0 } + ["\(wasCancelled)"])
    }
    #expect(Set(values).isSubset(of: [["handler", "true"]]))
  }

  @Test func cancellationReachesChildren() async throws {
    let values = try await forEverySeed(10, isLikeNative: true) {
      let task = Task {
        await withTaskGroup(of: Bool.self) { group in
          group.addTask {
            while !Task.isCancelled { await Task.yield() }
            return true
          }
          async let child: Bool = {
            while !Task.isCancelled { await Task.yield() }
            return true
          }()
          let inGroup = await group.next() ?? false
          return await child && inGroup
        }
      }
      task.cancel()
      return await task.value
    }
    #expect(Set(values) == [true])
  }
}
