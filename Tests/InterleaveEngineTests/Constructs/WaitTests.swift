import InterleaveEngine
import Synchronization
import Testing

/// Runs a body that gets stuck, and looks at it before it is given up.
private func stuck<Finding: Sendable>(
  _ body: @escaping @Sendable () async -> Void, look: @escaping @Sendable (Machine) -> Finding
) async throws -> (RunEnd, Finding) {
  try await onThread {
    let machine = try Machine(settings: MachineSettings())
    let end = machine.run(Baseline(), RunStart(index: 0, seed: 0)) { Task { await body() } }
    let finding = look(machine)
    machine.finish()
    return (end, finding)
  }
}

private final class Held: @unchecked Sendable {
  var checked: CheckedContinuation<Void, Never>?
  var unsafe: UnsafeContinuation<Void, Never>?
}

private actor Desk {
  func waitForever(_ held: Held) async {
    await withCheckedContinuation { held.checked = $0 }
  }
  func leaf(_ held: Held) async {
    await waitForever(held)
    _ = held
  }
}

@Suite struct WaitTests {
  @Test func aTaskThatWaitsForAnotherNamesIt() async throws {
    let held = Held()
    let (end, waits) = try await stuck {
      let inner = Task { await withUnsafeContinuation { held.unsafe = $0 } }
      await inner.value
    } look: { machine in
      machine.liveTasks.map { machine.wait(of: $0) }
    }
    #expect(end == .stuck)
    #expect(waits == [.task(1), .continuation(isLost: false)])
  }

  @Test func aTaskThatWaitsForAnAsyncLetNamesIt() async throws {
    let held = Held()
    let (end, waits) = try await stuck {
      async let inner: Void = withUnsafeContinuation { held.unsafe = $0 }
      await inner
    } look: { machine in
      machine.liveTasks.map { machine.wait(of: $0) }
    }
    #expect(end == .stuck)
    #expect(waits == [.task(1), .continuation(isLost: false)])
  }

  @Test func aTaskThatWaitsForAGroupNamesTheChildrenThatLive() async throws {
    let held = Held()
    for isDiscarding in [false, true] {
      let (end, waits) = try await stuck {
        if isDiscarding {
          await withDiscardingTaskGroup { group in
            group.addTask {}
            group.addTask { await withUnsafeContinuation { held.unsafe = $0 } }
          }
        } else {
          await withTaskGroup(of: Void.self) { group in
            group.addTask {}
            group.addTask { await withUnsafeContinuation { held.unsafe = $0 } }
          }
        }
      } look: { machine in
        machine.liveTasks.map { machine.wait(of: $0) }
      }
      #expect(end == .stuck)
      #expect(waits == [.group([2]), .continuation(isLost: false)])
    }
  }

  @Test func tasksThatWaitForEachOtherAreACycle() async throws {
    let (end, waits) = try await stuck {
      let slot = Mutex<Task<Void, Never>?>(nil)
      let first = Task {
        while slot.withLock({ $0 }) == nil { await Task.yield() }
        await slot.withLock { $0 }?.value
      }
      let second = Task { await first.value }
      slot.withLock { $0 = second }
      await first.value
    } look: { machine in
      machine.liveTasks.map { machine.wait(of: $0) }
    }
    #expect(end == .stuck)
    #expect(waits == [.task(1), .task(2), .task(1)])
  }

  @Test func aCheckedContinuationThatNobodyHoldsIsLost() async throws {
    let held = Held()
    let (end, finding) = try await stuck {
      async let kept: Void = withCheckedContinuation { held.checked = $0 }
      async let alsoLost: Void = withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in
      }
      await withCheckedContinuation { $0.resume() }
      await withCheckedContinuation { continuation in
        let box = Held()
        box.checked = continuation
        Task {
          await Task.yield()
          box.checked = nil
        }
      }
      await kept
      await alsoLost
    } look: { machine in
      (machine.leakedContinuations, machine.liveTasks.map { machine.wait(of: $0) })
    }
    #expect(end == .stuck)
    #expect(finding.0 == 2)
    #expect(
      finding.1 == [
        .continuation(isLost: true), .continuation(isLost: false), .continuation(isLost: true),
      ])
  }

  @Test func theRuntimeSaysNothingOfALostContinuationOfARun() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      try await loseContinuations()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(!text.contains("leaked its continuation"))
  }

  @Test func theRuntimeStillSaysSoOutsideARun() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      try await loseContinuations()
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        _ = CheckedContinuation(continuation: continuation)
        continuation.resume()
      }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("leaked its continuation"))
  }

  @Test func theBacktraceOfASuspendedTaskNamesItsCallers() async throws {
    let held = Held()
    let (_, frames) = try await stuck {
      let desk = Desk()
      await desk.leaf(held)
    } look: { machine in
      machine.backtrace(of: 0)
    }
    #expect(frames.count >= 3)
    #expect(!frames.contains(0))
    let (_, short) = try await stuck {
      let desk = Desk()
      await desk.leaf(held)
    } look: { machine in
      machine.backtrace(of: 0, limit: 2)
    }
    #expect(short == Array(frames.prefix(2)))
  }
}

/// Loses one continuation in a run, and one of a run that was given up.
private func loseContinuations() async throws {
  let held = Held()
  let (end, count) = try await stuck {
    async let kept: Void = withCheckedContinuation { held.checked = $0 }
    await withCheckedContinuation { (_: CheckedContinuation<Void, Never>) in }
    await kept
  } look: { machine in
    machine.leakedContinuations
  }
  precondition(end == .stuck && count == 1)
  held.checked = nil
}
