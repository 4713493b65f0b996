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
/// main thread's.
package final class MachineThread: TaskExecutor {
  private static let stackSize = 16 << 20

  package init() {}

  package func enqueue(_ job: UnownedJob) {
    let start = Unmanaged.passRetained(Start(job: job, executor: asUnownedTaskExecutor()))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, Self.stackSize)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    #if canImport(Darwin)
      var thread: pthread_t?
      let result = pthread_create(&thread, &attributes, { Start.run($0) }, start.toOpaque())
    #else
      var thread = pthread_t()
      let result = pthread_create(&thread, &attributes, { Start.run($0!) }, start.toOpaque())
    #endif
    precondition(result == 0, "the system refuses another thread: error \(result)")
  }

  private final class Start {
    let job: UnownedJob
    let executor: UnownedTaskExecutor

    init(job: UnownedJob, executor: UnownedTaskExecutor) {
      self.job = job
      self.executor = executor
    }

    static func run(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
      let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
      start.job.runSynchronously(on: start.executor)
      return nil
    }
  }
}
