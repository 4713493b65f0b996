extension CorrectProgram {
  /// Tasks made in scopes, and values that go with tasks.
  static let groups = [
    endedWithGroup, discarding, eachResultOnce, endedWithScope, nested, failing, boundLocals,
    inheritedLocals, awaitedByTwo, immediate, madeByChildren, prioritized, limited,
  ]

  private static let endedWithGroup = CorrectProgram("no child outlives its group") {
    let ended = Locked(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<3 {
        group.addTask {
          ended { $0 += 0 }
          ended { $0 += 1 }
        }
      }
    }
    try check(ended.get() == 3, "\(3 - ended.get()) children outlived their group")
  }

  private static let discarding = CorrectProgram("no child outlives its discarding group") {
    let ended = Locked(0)
    await withDiscardingTaskGroup { group in
      for _ in 0..<3 {
        group.addTask {
          ended { $0 += 0 }
          await Task.yield()
          ended { $0 += 1 }
        }
      }
      ended { $0 += 0 }
    }
    try check(ended.get() == 3, "\(3 - ended.get()) children outlived their group")
  }

  private static let eachResultOnce = CorrectProgram("each result comes once") {
    let made = Locked(0)
    let results = await withTaskGroup(of: Int.self) { group in
      for number in 0..<4 {
        group.addTask {
          made { $0 += 1 }
          return number
        }
      }
      var results: [Int] = []
      while let result = await group.next() {
        results.append(result)
        made { $0 += 1 }
      }
      return results
    }
    try check(results.sorted() == [0, 1, 2, 3], "the results were \(results)")
  }

  private static let endedWithScope = CorrectProgram("no async let outlives its scope") {
    let ended = Locked(0)
    let work: @Sendable () -> Void = {
      ended { $0 += 0 }
      ended { $0 += 1 }
    }
    do {
      async let first: Void = work()
      async let second: Void = work()
      ended { $0 += 0 }
      _ = await first
    }
    try check(ended.get() == 2, "a child outlived its scope")
  }

  private static let nested = CorrectProgram("groups within groups") {
    let ended = Locked(0)
    let sums = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<2 {
        group.addTask {
          await withTaskGroup(of: Int.self) { inner in
            for number in 1...2 {
              inner.addTask {
                ended { $0 += 1 }
                return number
              }
            }
            return await inner.reduce(0, +)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    try check(sums == [3, 3] && ended.get() == 4, "the sums were \(sums)")
  }

  private struct Failure: Error {}

  private static let failing = CorrectProgram("a failure cancels the others") {
    let cancelled = Locked(0)
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          while !Task.isCancelled { await Task.yield() }
          cancelled { $0 += 1 }
        }
        group.addTask {
          cancelled { $0 += 0 }
          throw Failure()
        }
        while try await group.next() != nil {}
      }
      throw BugFound(description: "the failure did not come")
    } catch is Failure {}
    try check(cancelled.get() == 1, "a child outlived the failure")
  }

  @TaskLocal private static var local = 0

  private static let boundLocals = CorrectProgram("each task keeps its own values") {
    let other = Locked(0)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 1...3 {
        group.addTask {
          try $local.withValue(number) {
            other { $0 += 1 }
            try check(local == number, "a task found the value of another")
            other { $0 += 1 }
            try check(local == number, "a task found the value of another")
          }
          try check(local == 0, "a value outlived its scope")
        }
      }
      try await group.waitForAll()
    }
  }

  private static let inheritedLocals = CorrectProgram("who is made keeps its maker's values") {
    let other = Locked(0)
    let tasks = (1...3).map { number in
      $local.withValue(number) {
        other { $0 += 1 }
        return Task {
          other { $0 += 1 }
          return local
        }
      }
    }
    for (index, task) in tasks.enumerated() {
      try check(await task.value == index + 1, "a task found the value of another")
    }
  }

  private static let awaitedByTwo = CorrectProgram("two wait for one value") {
    let made = Locked(0)
    let task = Task {
      made { $0 += 1 }
      made { $0 += 1 }
      return made.get()
    }
    async let first = task.value
    async let second = task.value
    let values = await (first, second)
    try check(values == (2, 2), "the values were \(values)")
  }

  private static let immediate = CorrectProgram("a task begins at once") {
    let log = Locked<[Int]>([])
    let task = Task.immediate {
      log { $0.append(1) }
      await Task.yield()
      log { $0.append(3) }
    }
    let isFirst = log { log in
      defer { log.append(2) }
      return log.first == 1
    }
    await task.value
    try check(isFirst, "the task did not begin at once")
    try check(Set(log.get()) == [1, 2, 3], "the log tells \(log.get())")
  }

  private static let madeByChildren = CorrectProgram("children make tasks, and wait for them") {
    let count = Locked(0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          let task = Task { count { $0 += 1 } }
          count { $0 += 1 }
          await task.value
        }
      }
    }
    try check(count.get() == 4, "the count is \(count.get())")
  }

  private static let prioritized = CorrectProgram("urgent tasks beside others") {
    let count = Locked(0)
    let tasks = [TaskPriority.low, .high, .medium].map { priority in
      Task(priority: priority) {
        count { $0 += 1 }
        await Task.yield()
        count { $0 += 1 }
      }
    }
    for task in tasks { await task.value }
    try check(count.get() == 6, "the count is \(count.get())")
  }

  private static let limited = CorrectProgram("two at a time in a group") {
    let inside = Locked((now: 0, most: 0))
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<4 {
        if number >= 2 { await group.next() }
        group.addTask {
          inside {
            $0.now += 1
            $0.most = max($0.most, $0.now)
          }
          inside { $0.now -= 1 }
        }
      }
    }
    try check(inside.get().most <= 2, "\(inside.get().most) were inside")
  }
}
