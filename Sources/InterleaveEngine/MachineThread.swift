import CInterleave

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Gives a task a thread of its own.
///
/// A campaign runs for a long time without a break, which would keep one of the
/// few threads of the cooperative pool from everybody else. As an executor
/// preference, this runs each job on a new thread with a stack as large as a
/// main thread's; or on one of those few, where the system has no room for another.
package final class MachineThread: TaskExecutor {
  package static let stackSize = 16 << 20

  package init() {}

  package func enqueue(_ job: UnownedJob) {
    let executor = asUnownedTaskExecutor()
    Self.detach { job.runSynchronously(on: executor) }
  }

  /// Runs a body on a thread of its own, outside of any task.
  ///
  /// - Parameter stackSize: How many bytes its stack has.
  package static func detach(
    stackSize: Int = stackSize, _ body: @escaping @Sendable () -> Void
  ) {
    let start = Unmanaged.passRetained(Start(body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, stackSize)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    il_makes_own_threads(true)
    defer { il_makes_own_threads(false) }
    #if canImport(Darwin)
      var thread: pthread_t?
      let result = pthread_create(&thread, &attributes, { Start.run($0) }, start.toOpaque())
    #else
      var thread = pthread_t()
      let result = pthread_create(&thread, &attributes, { Start.run($0!) }, start.toOpaque())
    #endif
    // A program may have used up what a process can have of threads.
    guard result != 0 else { return }
    let refused = Unmanaged<Start>.fromOpaque(start.toOpaque()).takeRetainedValue()
    Task.detached { refused.body() }
  }

  private final class Start: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
      self.body = body
    }

    static func run(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
      Unmanaged<Start>.fromOpaque(context).takeRetainedValue().body()
      return nil
    }
  }
}
