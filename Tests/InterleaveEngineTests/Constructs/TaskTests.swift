import Dispatch
import InterleaveEngine
import Testing

private actor Journal {
  var lines: [String] = []
  func write(_ line: String) { lines.append(line) }
  func writeFromTasks() async -> [String] {
    let first = Task { lines.append("first") }
    let second = Task { lines.append("second") }
    await first.value
    await second.value
    return lines
  }
  func writeAtOnce() async -> [String] {
    lines.append("before")
    let task = Task.immediate {
      lines.append("inside")
      await Task.yield()
      lines.append("later")
    }
    lines.append("after")
    await task.value
    return lines
  }
}

private enum Context {
  @TaskLocal static var name = "none"
}

private final class PoolExecutor: TaskExecutor {
  let queue = DispatchQueue(label: "pool", attributes: .concurrent)
  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Makes a task when it goes.
private final class Cleaner: Sendable {
  let journal: Journal
  init(_ journal: Journal) { self.journal = journal }
  deinit {
    Task { [journal] in await journal.write("clean") }
    Task { [journal] in await journal.write("clean") }
  }
}

private struct Oops: Error {}

@Suite struct TaskTests {
  @Test func unstructuredTasksRunInAnyOrder() async throws {
    let values = try await forEverySeed {
      let journal = Journal()
      let a = Task { await journal.write("a") }
      let b = Task { await journal.write("b") }
      await a.value
      await b.value
      return await journal.lines
    }
    #expect(Set(values) == [["a", "b"], ["b", "a"]])
  }

  @Test func tasksMadeOnAnActorRunInTheOrderInWhichTheyWereMade() async throws {
    let values = try await forEverySeed(isLikeNative: true) { await Journal().writeFromTasks() }
    #expect(Set(values) == [["first", "second"]])
  }

  @Test func detachedTasksRunInAnyOrder() async throws {
    let values = try await forEverySeed {
      let journal = Journal()
      let a = Task.detached { await journal.write("a") }
      let b = Task.detached(priority: .background) { await journal.write("b") }
      await a.value
      await b.value
      return await journal.lines
    }
    #expect(Set(values) == [["a", "b"], ["b", "a"]])
  }

  @Test func anImmediateTaskRunsAtOnce() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let journal = Journal()
      var lines: [String] = await journal.writeAtOnce()
      lines.append("plain before")
      let task = Task.immediate { () -> String in
        await journal.write("x")
        return "plain inside"
      }
      let detached = Task.immediateDetached { "detached" }
      lines.append("plain after")
      lines.append(await task.value)
      lines.append(await detached.value)
      return lines
    }
    #expect(
      Set(values) == [
        [
          "before", "inside", "after", "later", "plain before", "plain after", "plain inside",
          "detached",
        ]
      ])
  }

  @Test func prioritiesAreKept() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let low = Task(priority: .background) { Task.currentPriority.rawValue }
      let high = Task.detached(priority: .high) { Task.basePriority?.rawValue }
      let child = await withTaskGroup(of: UInt8.self) { group in
        group.addTask(priority: .low) { Task.basePriority?.rawValue ?? 0 }
        return await group.next()
      }
      _ = await low.value
      return [await high.value, child]
    }
    #expect(Set(values) == [[TaskPriority.high.rawValue, TaskPriority.low.rawValue]])
  }

  @Test func asyncLetRunsUnderControl() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let journal = Journal()
      async let a: Void = journal.write("a")
      async let b: Void = journal.write("b")
      async let _: Void = journal.write("c")
      async let failing: Int = { throw Oops() }()
      _ = await (a, b)
      let failed = (try? await failing) == nil
      return [Set(await journal.lines.prefix(3)).isSubset(of: ["a", "b", "c"]), failed]
    }
    #expect(Set(values) == [[true, true]])
  }

  @Test func taskLocalsReachChildrenButNotDetachedTasks() async throws {
    let values = try await forEverySeed(5, isLikeNative: true) {
      await Context.$name.withValue("outer") {
        async let child = Context.name
        let task = Task { Context.name }
        let detached = Task.detached { Context.name }
        let inGroup = await withTaskGroup(of: String.self) { group in
          group.addTask { Context.name }
          return await group.next() ?? ""
        }
        let inner = Context.$name.withValue("inner") { Context.name }
        return [await child, await task.value, await detached.value, inGroup, inner]
      }
    }
    #expect(Set(values) == [["outer", "outer", "none", "outer", "inner"]])
  }

  @Test func aTaskExecutorPreferenceRunsUnderControl() async throws {
    let executor = PoolExecutor()
    let values = try await forEverySeed(isLikeNative: true) {
      let journal = Journal()
      await withTaskExecutorPreference(executor) {
        await journal.write("a")
        await Task.yield()
        async let child: Void = journal.write("b")
        await child
        await withTaskGroup(of: Void.self) { group in
          group.addTask { await journal.write("c") }
        }
      }
      return await journal.lines
    }
    #expect(Set(values) == [["a", "b", "c"]])
  }

  @Test func aTaskMadeWithAnExecutorPreferenceRunsUnderControl() async throws {
    let executor = PoolExecutor()
    let values = try await forEverySeed(isLikeNative: true) {
      let journal = Journal()
      await Task(executorPreference: executor) { await journal.write("a") }.value
      await Task.detached(executorPreference: executor) { await journal.write("b") }.value
      await withTaskGroup(of: Void.self) { group in
        group.addTask(executorPreference: executor) { await journal.write("c") }
      }
      return await journal.lines
    }
    #expect(Set(values) == [["a", "b", "c"]])
  }

  @Test func aTaskMayMakeOthersAfterItsEnd() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let journal = Journal()
      // The result goes with the task, after its closure has returned.
      _ = Task { Cleaner(journal) }
      while await journal.lines.count < 2 { await Task.yield() }
      return await journal.lines
    }
    #expect(Set(values) == [["clean", "clean"]])
  }

  @Test func yieldingLetsOthersRun() async throws {
    let values = try await forEverySeed(40) {
      let journal = Journal()
      await withTaskGroup(of: Void.self) { group in
        for name in ["a", "b"] {
          group.addTask {
            await journal.write(name)
            await Task.yield()
            await journal.write(name)
          }
        }
      }
      return await journal.lines.joined()
    }
    #expect(Set(values).isSuperset(of: ["abab", "aabb"]))
  }

  @Test func aTaskGivesItsErrorToWhoWaits() async throws {
    let values = try await forEverySeed(5, isLikeNative: true) {
      let task = Task<Int, any Error> {
        await Task.yield()
        throw Oops()
      }
      do { return try await task.value } catch { return error is Oops ? -1 : -2 }
    }
    #expect(Set(values) == [-1])
  }
}
