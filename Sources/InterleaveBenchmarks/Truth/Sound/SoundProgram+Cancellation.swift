import Foundation
import Interleave

extension SoundProgram {
  /// Programs that cancel, and are cancelled.
  static let cancellation = [
    SoundProgram("a loop that checks for cancellation ends") {
      let worker = Task {
        var turns = 0
        while !Task.isCancelled {
          turns += 1
          await Task.yield()
        }
        return turns
      }
      await Task.yield()
      worker.cancel()
      try expect(await worker.value >= 0)
    },
    SoundProgram("a handler runs once") {
      let calls = Locked(0)
      let worker = Task {
        await withTaskCancellationHandler {
          await Task.yield()
        } onCancel: {
          calls.with { $0 += 1 }
        }
      }
      worker.cancel()
      worker.cancel()
      await worker.value
      try expect(calls.with { $0 } <= 1)
    },
    SoundProgram("children are cancelled with their parent") {
      let parent = Task {
        await withTaskGroup(of: Bool.self) { group in
          for _ in 0..<2 {
            group.addTask {
              try? await Task.sleep(for: .seconds(3_600))
              return Task.isCancelled
            }
          }
          return await group.reduce(true) { $0 && $1 }
        }
      }
      await Task.yield()
      parent.cancel()
      try expect(await parent.value)
    },
    SoundProgram("a detached task is not cancelled with who made it") {
      let parent = Task {
        let detached = Task.detached {
          await Task.yield()
          return Task.isCancelled
        }
        return await detached.value
      }
      parent.cancel()
      try expect(await !parent.value)
    },
    SoundProgram("a sleep that is cancelled throws") {
      let sleeper = Task {
        do {
          try await Task.sleep(for: .seconds(3_600))
          return false
        } catch is CancellationError {
          return true
        }
      }
      await Task.yield()
      sleeper.cancel()
      try expect(try await sleeper.value)
    },
    SoundProgram("cleaning up is shielded from cancellation") {
      let tally = Tally()
      let worker = Task {
        defer { Task { await tally.note("left") } }
        try? await Task.sleep(for: .seconds(60))
        _ = await Task { await tally.add() }.value
      }
      worker.cancel()
      _ = await worker.value
      await waitUntilIdle()
      try expect(await tally.value == 1)
      try expect(await tally.entries == ["left"])
    },
    SoundProgram("a wait that can be cancelled ends in one way") {
      let slot = CancellableSlot()
      let waiter = Task { try await slot.take() }
      async let put: Void = slot.put(5)
      waiter.cancel()
      await put
      switch await waiter.result {
      case .success(let value): try expect(value == 5)
      case .failure(let error): try expect(error is CancellationError)
      }
    },
    SoundProgram("who was cancelled before it began does nothing") {
      let tally = Tally()
      let gate = Locked(false)
      let worker = Task {
        while !gate.with({ $0 }) { await Task.yield() }
        try Task.checkCancellation()
        await tally.add()
      }
      worker.cancel()
      gate.with { $0 = true }
      _ = await worker.result
      try expect(await tally.value == 0)
    },
  ]
}

/// One value for one waiter, who may give up.
private actor CancellableSlot {
  private var value: Int?
  private var waiter: CheckedContinuation<Int, any Error>?
  private var isCancelled = false

  func take() async throws -> Int {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        if isCancelled || Task.isCancelled {
          continuation.resume(throwing: CancellationError())
        } else if let value {
          continuation.resume(returning: value)
        } else {
          waiter = continuation
        }
      }
    } onCancel: {
      Task { await self.giveUp() }
    }
  }

  func put(_ value: Int) {
    self.value = value
    waiter?.resume(returning: value)
    waiter = nil
  }

  private func giveUp() {
    isCancelled = true
    waiter?.resume(throwing: CancellationError())
    waiter = nil
  }
}
