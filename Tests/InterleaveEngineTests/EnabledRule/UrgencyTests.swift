import InterleaveEngine
import Testing

/// Which job of a mailbox goes first where priorities differ.
@Suite struct UrgencyTests {
  private func made(_ priorities: [TaskPriority?]) async throws -> Orders<[Int]> {
    try await orders {
      let dock = Dock()
      for task in await dock.makeTasks(priorities) { await task.value }
      return await dock.arrivals
    }
  }

  @Test func ofWhatWaitedWhenAStepEndedTheMoreUrgentGoesFirst() async throws {
    #expect(try await made([.low, .high]).seen == [[1, 0]])
    #expect(try await made([.background, .low, .high]).seen == [[2, 1, 0]])
    #expect(try await made([.high, .low]).seen == [[0, 1]])
  }

  @Test func prioritiesThatTheRuntimeDoesNotTellApartGoInOrder() async throws {
    #expect(try await made([.init(rawValue: 0x16), .high]).seen == [[0, 1]])
    #expect(try await made([.init(rawValue: 0x12), .medium]).seen == [[0, 1]])
    #expect(try await made([.init(rawValue: 0x11), .medium]).seen == [[1, 0]])
  }

  @Test func theMainActorRunsInOrderWhateverThePriorities() async throws {
    let orders = try await orders {
      let trace = Trace()
      let tasks = await MainActor.run {
        [TaskPriority.low, .high].enumerated().map { number, priority in
          Task(priority: priority) { @MainActor in trace.add("\(number)") }
        }
      }
      for task in tasks { await task.value }
      return trace.events
    }
    #expect(orders.seen == [["0", "1"]])
  }

  @Test func aUsersExecutorRunsInOrderWhateverThePriorities() async throws {
    let orders = try await orders {
      let ownDock = OwnDock()
      for task in await ownDock.makeTasks([.low, .high]) { await task.value }
      return await ownDock.arrivals
    }
    #expect(orders.seen == [[0, 1]])
  }

  @Test func aMoreUrgentJobMayOvertakeOneThatAnIdleActorHasNotTakenYet() async throws {
    let orders = try await orders {
      let (corridor, trace) = (Corridor(), Trace())
      for task in await corridor.makeTasksOnHub([.low, .high], trace) { await task.value }
      return trace.events
    }
    #expect(orders.seen == [["0", "1"], ["1", "0"]])
  }

  // MARK: A task that finds its actor free

  /// Two tasks, the second more urgent, that leave a corridor for a dock.
  private func twoPass(
    _ prepare: @escaping @Sendable (Dock) async -> Void
  ) async throws -> Orders<[Int]> {
    try await orders(most: 1_500) {
      let (corridor, dock) = (Corridor(), Dock())
      await prepare(dock)
      let low = Task.detached(priority: .low) { await corridor.pass(to: dock) }
      let high = Task.detached(priority: .high) { await corridor.pass(to: dock) }
      _ = await (low.value, high.value)
      return await dock.arrivals
    }
  }

  @Test func aTaskThatReachesAnUnusedActorIsNotOvertaken() async throws {
    #expect(try await twoPass { _ in }.seen == [[0, 1]])
  }

  @Test func aTaskThatReachesAnActorWhichWasLeftIsNotOvertaken() async throws {
    #expect(try await twoPass { _ = await $0.arrivals }.seen == [[0, 1]])
  }

  @Test func aTaskThatReachesAnActorWhoseThreadMayStillBeThereMayBeOvertaken() async throws {
    let orders = try await twoPass { dock in
      for task in await dock.makeTasks([nil]) { await task.value }
    }
    #expect(orders.seen == [[0, 0, 1], [0, 1, 0]])
  }
}
