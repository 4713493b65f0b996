extension SoundProgram {
  /// Programs over task groups.
  static let groups = [
    SoundProgram("a window keeps no more than two children at work") {
      let gauge = Gauge()
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<4 {
          if number >= 2 { await group.next() }
          group.addTask { await gauge.work() }
        }
      }
      try expect(await gauge.most <= 2)
    },
    SoundProgram("results are put back into their order") {
      let tally = Tally()
      let squares = await withTaskGroup(of: (Int, Int).self) { group in
        for number in 0..<3 {
          group.addTask {
            await tally.add()
            return (number, number * number)
          }
        }
        var result = [0, 0, 0]
        for await (place, square) in group { result[place] = square }
        return result
      }
      try expect(squares == [0, 1, 4])
    },
    SoundProgram("the first success wins, the others are cancelled") {
      let winner = await withTaskGroup(of: String?.self) { group in
        group.addTask { "fast" }
        group.addTask {
          try? await Task.sleep(for: .seconds(60))
          return Task.isCancelled ? nil : "slow"
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        for await late in group where late != nil { return "late" }
        return first ?? "none"
      }
      try expect(winner == "fast")
    },
    SoundProgram("groups within groups add up") {
      let sum = await withTaskGroup(of: Int.self) { outer in
        for base in [1, 10] {
          outer.addTask {
            await withTaskGroup(of: Int.self) { inner in
              for step in 0..<2 {
                inner.addTask {
                  await Task.yield()
                  return base + step
                }
              }
              return await inner.reduce(0, +)
            }
          }
        }
        return await outer.reduce(0, +)
      }
      try expect(sum == 24)
    },
    SoundProgram("no task is added to a group that was cancelled") {
      let tally = Tally()
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await tally.add() }
        group.cancelAll()
        if group.addTaskUnlessCancelled(operation: { await tally.add() }) {
          await tally.note("added")
        }
      }
      try expect(await tally.value == 1)
      try expect(await tally.entries == [])
    },
    SoundProgram("a group is empty once all of it was taken") {
      let isEmpty = await withTaskGroup(of: Int.self) { group in
        for number in 0..<2 { group.addTask { number } }
        while await group.next() != nil {}
        return group.isEmpty
      }
      try expect(isEmpty)
    },
    SoundProgram("errors are collected, not thrown") {
      let errors = await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<3 {
          group.addTask {
            await Task.yield()
            if number != 1 { throw Unexpected(description: "\(number)") }
          }
        }
        var errors: Set<String> = []
        while let result = await group.nextResult() {
          if case .failure(let error) = result { errors.insert("\(error)") }
        }
        return errors
      }
      try expect(errors == ["0", "2"])
    },
    SoundProgram("a discarding group serves one connection after the other") {
      let served = Tally()
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      async let server: Void = withDiscardingTaskGroup { group in
        for await _ in stream { group.addTask { await served.add() } }
      }
      for number in 0..<3 { continuation.yield(number) }
      continuation.finish()
      await server
      try expect(await served.value == 3)
    },
    SoundProgram("what async lets compute is added once") {
      let tally = Tally()
      async let one = tally.add()
      async let two = tally.add()
      let sum = await one + two
      try expect(sum == 3)
    },
    SoundProgram("task-local values reach the children of a group") {
      let names = await Trace.$name.withValue("request") {
        await withTaskGroup(of: String.self) { group in
          for _ in 0..<2 {
            group.addTask {
              await Task.yield()
              return Trace.name
            }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
      }
      try expect(names == ["request", "request"])
    },
  ]
}

private enum Trace {
  @TaskLocal static var name = "none"
}

private actor Gauge {
  private(set) var most = 0
  private var present = 0

  func work() async {
    present += 1
    most = max(most, present)
    await Task.yield()
    present -= 1
  }
}
