import Dispatch
import Foundation
import InterleaveEngine
import Testing

private actor Inbox {
  var lines: [String] = []
  func put(_ line: String) { lines.append(line) }
}

/// Does not know that it runs under control: an executor that calls itself.
private final class Direct: SerialExecutor {
  let queue = DispatchQueue(label: "direct")
  func enqueue(_ job: UnownedJob) {
    queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}

@Suite struct EscapeTests {
  private func kinds(
    _ body: @escaping @Sendable () async -> Void
  ) async throws -> (RunEnd, Set<Escape.Kind>) {
    let run = try await controlled { await body() }
    return (run.end, Set(run.escapes.map(\.kind)))
  }

  @Test func nothingEscapesFromOrdinaryCode() async throws {
    let (end, kinds) = try await kinds { await Task.detached { await Inbox().put("a") }.value }
    #expect(end == .clean)
    #expect(kinds.isEmpty)
  }

  @Test func aContinuationResumedByAThreadComesBackToTheRun() async throws {
    let (end, kinds) = try await kinds {
      let inbox = Inbox()
      await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume() }
      }
      await inbox.put("back")
    }
    #expect(end == .clean)
    #expect(kinds.contains(.thread))
  }

  @Test func aContinuationResumedByAQueueComesBackToTheRun() async throws {
    let queue = DispatchQueue(label: "elsewhere")
    let (end, kinds) = try await kinds {
      await withCheckedContinuation { continuation in
        queue.async { continuation.resume() }
      }
      await withCheckedContinuation { continuation in
        queue.asyncAfter(deadline: .now()) { continuation.resume() }
      }
      await withCheckedContinuation { continuation in
        let group = DispatchGroup()
        queue.async(group: group) {}
        group.notify(queue: queue) { continuation.resume() }
      }
    }
    #expect(end == .clean)
    #expect(kinds.contains(.dispatch))
  }

  @Test func aDispatchSourceThatTheProgramMakesIsNoticed() async throws {
    let (end, kinds) = try await kinds {
      await withCheckedContinuation { continuation in
        let timer = DispatchSource.makeTimerSource()
        timer.schedule(deadline: .now())
        timer.setEventHandler {
          timer.cancel()
          continuation.resume()
        }
        timer.activate()
      }
      DispatchQueue(label: "barrier").async(flags: .barrier) {}
      DispatchQueue.concurrentPerform(iterations: 2) { _ in }
    }
    #expect(end == .clean)
    #expect(kinds.contains(.dispatch))
  }

  @Test func aContinuationOnAnActorResumedByAThreadComesBackToTheActor() async throws {
    let (end, kinds) = try await kinds { await Waiter().wait() }
    #expect(end == .clean)
    #expect(kinds.contains(.thread))
  }

  @Test func aTaskThatRanOnAForeignThreadComesHomeAtItsNextHop() async throws {
    let run = try await controlled {
      let inbox = Inbox()
      let native = NativeHop()
      await native.run()
      await withCheckedContinuation(isolation: native) { $0.resume() }
      await inbox.put("home")
      await inbox.put("again")
      return await inbox.lines
    }
    #expect(run.end == .clean)
    #expect(try run.value?.get() == ["home", "again"])
  }

  @Test func aTaskThatEndsOnAForeignThreadIsKnownToHaveEnded() async throws {
    let run = try await controlled {
      let queue = DispatchQueue(label: "elsewhere")
      let task = Task { await withUnsafeContinuation { c in queue.async { c.resume() } } }
      await task.value
      return 1
    }
    #expect(run.end == .clean)
    #expect(try run.value?.get() == 1)
  }

  @Test func whatResumesAnAbandonedTaskIsDropped() async throws {
    try await onThread(resumeAbandonedTasks)
  }

  @Sendable private func resumeAbandonedTasks() throws {
    let held = Held()
    let machine = try Machine(settings: MachineSettings())
    let first = machine.controlled(seed: 0) {
      let inbox = Inbox()
      await withUnsafeContinuation { held.first = $0 }
      await inbox.put("never")
      held.wentOn = true
    }
    #expect(first.end == .stuck)
    let second = machine.controlled(seed: 0) {
      await Waiter().holdOn(held)
      held.wentOn = true
    }
    #expect(second.end == .stuck)
    held.first?.resume()
    let third = machine.controlled(seed: 0) {
      held.second?.resume()
      await Task.yield()
      return 3
    }
    #expect(third.end == .clean)
    #expect(try third.value?.get() == 3)
    #expect(!held.wentOn)
  }

  @Test func whatResumesATaskOfAMachineThatIsGoneIsDropped() async throws {
    let held = Held()
    _ = try await controlled {
      await withUnsafeContinuation { held.first = $0 }
      held.wentOn = true
    }
    held.first?.resume()
    #expect(!held.wentOn)
  }
}

private final class Held: @unchecked Sendable {
  var first: UnsafeContinuation<Void, Never>?
  var second: UnsafeContinuation<Void, Never>?
  var wentOn = false
}

private actor Waiter {
  func wait() async {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume() }
    }
    preconditionIsolated()
  }
  func holdOn(_ held: Held) async {
    await withUnsafeContinuation { held.second = $0 }
  }
}

/// Hands its own jobs to a queue, past the run.
private actor NativeHop {
  let direct = Direct()
  nonisolated var unownedExecutor: UnownedSerialExecutor { direct.asUnownedSerialExecutor() }
  func run() async {
    await withUnsafeContinuation { continuation in
      DispatchQueue.global().async { continuation.resume() }
    }
  }
}
