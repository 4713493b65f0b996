import Testing

extension CorrectProgram {
  /// Programs about tasks, groups and what is handed down to them.
  static let tasks = [
    CorrectProgram("a task group collects every result") {
      let counter = Counter()
      let sum = await withTaskGroup(of: Int.self) { group in
        for number in 1...3 {
          group.addTask {
            await counter.increment()
            return number
          }
        }
        return await group.reduce(0, +)
      }
      #expect(sum == 6)
      #expect(await counter.value == 3)
    },
    CorrectProgram("a throwing group waits for its children after an error") {
      let ended = Counter()
      let error = await #expect(throws: Refused.self) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            await ended.increment()
            throw Refused()
          }
          group.addTask {
            try? await Task.sleep(for: .seconds(60))
            await ended.increment()
          }
          try await group.waitForAll()
        }
      }
      #expect(error != nil)
      #expect(await ended.value == 2)
    },
    CorrectProgram("a discarding group ends when its children have ended") {
      let counter = Counter()
      await withDiscardingTaskGroup { group in
        for _ in 0..<3 { group.addTask { await counter.increment() } }
      }
      #expect(await counter.value == 3)
    },
    CorrectProgram("a throwing discarding group cancels the rest after an error") {
      await #expect(throws: Refused.self) {
        try await withThrowingDiscardingTaskGroup { group in
          group.addTask { throw Refused() }
          group.addTask { try await Task.sleep(for: .seconds(3_600)) }
        }
      }
    },
    CorrectProgram("async let hands each value to its own name") {
      let counter = Counter()
      async let one = double(1, counting: counter)
      async let two = double(2, counting: counter)
      async let three = double(3, counting: counter)
      #expect(await [three, one, two] == [6, 2, 4])
      #expect(await counter.value == 3)
    },
    CorrectProgram("an async let that nobody awaits is cancelled and waited for") {
      let ended = Counter()
      do {
        async let unused: Void = sleepThenCount(ended)
        await Task.yield()
      }
      #expect(await ended.value == 1)
    },
    CorrectProgram("detached tasks that are awaited have done their work") {
      let counter = Counter()
      let tasks = (0..<3).map { _ in Task.detached { await counter.increment() } }
      var results: [Int] = []
      for task in tasks { results.append(await task.value) }
      #expect(results.sorted() == [1, 2, 3])
    },
    CorrectProgram("priorities decide about the order, not about the result") {
      let counter = Counter()
      let priorities: [TaskPriority] = [.background, .low, .medium, .high]
      let tasks = priorities.map { priority in
        Task(priority: priority) { await counter.increment() }
      }
      for task in tasks { _ = await task.value }
      #expect(await counter.value == 4)
    },
    CorrectProgram("tasks that yield all come to their end") {
      let counter = Counter()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          group.addTask {
            for _ in 0..<3 { await Task.yield() }
            await counter.increment()
          }
        }
      }
      #expect(await counter.value == 2)
    },
    CorrectProgram("an immediate task has begun when the next line runs") {
      let order = Order()
      let task = Task.immediate {
        await order.append("task")
        return 1
      }
      async let other: Void = order.append("other")
      await other
      #expect(await task.value == 1)
      #expect(await order.entries.sorted() == ["other", "task"])
    },
    CorrectProgram("children see their parent's task-local value, detached tasks do not") {
      let counter = Counter()
      await Request.$name.withValue("upload") {
        async let child = nameAfterWork(counter)
        let task = Task { await nameAfterWork(counter) }
        let detached = Task.detached { await nameAfterWork(counter) }
        #expect(await child == "upload")
        #expect(await task.value == "upload")
        #expect(await detached.value == "none")
      }
      #expect(Request.name == "none")
    },
  ]
}

private struct Refused: Error {}

private actor Order {
  private(set) var entries: [String] = []

  func append(_ entry: String) { entries.append(entry) }
}

private enum Request {
  @TaskLocal static var name = "none"
}

private func nameAfterWork(_ counter: Counter) async -> String {
  await counter.increment()
  return Request.name
}

private func double(_ number: Int, counting counter: Counter) async -> Int {
  await counter.increment()
  return 2 * number
}

private func sleepThenCount(_ counter: Counter) async {
  try? await Task.sleep(for: .seconds(3_600))
  await counter.increment()
}
