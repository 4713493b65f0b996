import Foundation
import InterleaveEngine
import Synchronization
import Testing

/// How the runtime calls a hook: the same registers as a C function's.
private typealias Original = @convention(c) (UnsafeMutableRawPointer) -> Void
private typealias Hook = @convention(c) (UnsafeMutableRawPointer, Original) -> Void

private let jobsSeen = Atomic(0)

@Suite struct HookTests {
  @Test func aHookThatWasThereBeforeStillSeesNativeJobsAndNoneOfARun() async throws {
    await #expect(processExitsWith: .success) {
      let symbol = try #require(dlsym(nil, "swift_task_enqueueGlobal_hook"))
      symbol.assumingMemoryBound(to: Hook?.self).pointee = { job, original in
        jobsSeen.add(1, ordering: .relaxed)
        original(job)
      }
      try Takeover.install()
      let before = jobsSeen.load(ordering: .relaxed)
      await Task.detached {}.value
      let between = jobsSeen.load(ordering: .relaxed)
      precondition(between > before)
      try runUnderControl()
      precondition(jobsSeen.load(ordering: .relaxed) == between)
    }
  }
}

private func runUnderControl() throws {
  let run = try controlledInPlace { await Task.detached {}.value }
  precondition(run.end == .clean)
}
