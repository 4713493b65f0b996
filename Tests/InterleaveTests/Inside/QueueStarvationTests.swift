#if os(Linux)
  import Dispatch
  import Interleave
  import InterleaveEngine
  import Testing

  /// Steps that wait for queues keep their threads of the pool; blocks need none.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct QueueStarvationTests {
    private func expectStarvation(
      _ body: @escaping @Sendable () async throws -> Void
    ) async throws -> FuzzFailure {
      let outcome = await fuzzed(schedules: 1_000, body: body)
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.kind == .poolStarvation, "\(failure)")
      #expect(failure.interleaving.poolWidth == 1, "\(failure)")
      return failure
    }

    private func expectNone(_ body: @escaping @Sendable () async throws -> Void) async {
      for width in [FuzzConfiguration.PoolWidth.automatic, 1] {
        let outcome = await fuzzed(
          schedules: 300,
          {
            $0.poolWidth = width
            $0.checks.remove(.nothingInterleaved)
          }, body: body)
        #expect(outcome.failure == nil, "\(outcome)")
      }
    }

    @Test func aTaskIsWaitedForByItsGroup() async throws {
      let body = { @Sendable (isMended: Bool) in
        let group = DispatchGroup()
        if isMended {
          DispatchQueue.global().async(group: group) {}
        } else {
          group.enter()
          Task { group.leave() }
        }
        group.wait()
      }
      let failure = try await expectStarvation { body(false) }
      #expect(failure.message.contains("is blocked in"), "\(failure)")
      await expectNone { body(true) }
    }

    @Test func aQueueIsWaitedForOnWhichABlockWaitsForATask() async throws {
      let body = { @Sendable (isMended: Bool) in
        let queue = DispatchQueue(label: "bridge")
        queue.async {
          let done = DispatchSemaphore(value: 0)
          if isMended {
            DispatchQueue.global().async { done.signal() }
          } else {
            Task { done.signal() }
          }
          done.wait()
        }
        queue.sync {}
      }
      _ = try await expectStarvation { body(false) }
      await expectNone { body(true) }
    }

    @Test func whatIsToBeDoneLaterNeedsNoThread() async {
      await expectNone {
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.global().asyncAfter(deadline: .now() + 1) { done.signal() }
        done.wait()
      }
    }

    @Test func whoWaitsForATimeGoesOnWithoutAThreadMore() async {
      await expectNone {
        let done = DispatchSemaphore(value: 0)
        let queue = DispatchQueue(label: "bridge")
        queue.async {}
        let task = Task {
          try? await Task.sleep(for: .seconds(1))
          done.signal()
        }
        _ = done.wait(timeout: .now() + 2)
        await task.value
      }
    }
  }
#endif
