#if os(Linux)
  import Foundation
  import InterleaveBugs
  import InterleaveEngine
  import Testing

  /// A step waits for a global variable that a thread outside of the run is making.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct GlobalVariableTests {
    private static let begun = DispatchSemaphore(value: 0)
    /// What tells of the thread of the step that needs the variable; nil while there is none.
    private static let waiter = Locked<String?>(nil)
    private static let slow: Int = {
      begun.signal()
      while !isAsleep(waiter.get()) { sched_yield() }
      return 7
    }()

    private static func isAsleep(_ thread: String?) -> Bool {
      guard let thread,
        let state = try? String(contentsOfFile: "/proc/\(thread)/stat", encoding: .utf8)
      else { return false }
      return state.contains(") S ")
    }

    @Test func thatDoesNotEndInterruptions() async throws {
      let (values, end) = try await onThread {
        Thread { _ = Self.slow }.start()
        Self.begun.wait()
        var settings = MachineSettings()
        settings.interruptions = .before
        let machine = try Machine(settings: settings)
        let values = Locked([Int]())
        let thread = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        let read: @Sendable () -> Void = {
          Self.waiter { $0 = thread }
          let value = Self.slow
          values { $0.append(value) }
        }
        let end = machine.run(RandomWalk(), RunStart(index: 0, seed: 1)) {
          Task { await both(read, read) }
        }
        #expect(end == .clean)
        defer { machine.finish() }
        return (values.get(), machine.endOfInterruptions)
      }
      #expect(values == [7, 7])
      #expect(end == nil)
    }
  }
#endif
