import CInterleave
import Synchronization

/// The runtime of this process cannot be taken over.
public struct TakeoverError: Error, Sendable, CustomStringConvertible {
  /// The fact about the runtime that does not hold.
  public let fact: String

  package init(fact: String) {
    self.fact = fact
  }

  public var description: String {
    """
    Interleave cannot control this Swift runtime: \(fact). \
    It supports the concurrency runtime of Swift 6.3 on 64-bit Linux.
    """
  }
}

/// The one Swift file that touches the runtime's memory.
///
/// What it relies on: an executor reference is two words, the identity and the
/// witness table; an object's first word is its type's metadata; a job is one
/// pointer. `install()` checks the rest by a controlled run.
package enum Takeover {
  private static let installed: Result<Void, TakeoverError> = {
    let serial = Elsewhere.shared.asUnownedSerialExecutor()
    let task = ElsewhereForTasks.shared.asUnownedTaskExecutor()
    guard
      MemoryLayout<UnownedSerialExecutor>.size == 16, MemoryLayout<UnownedTaskExecutor>.size == 16,
      MemoryLayout<UnownedJob>.size == 8
    else {
      return .failure(TakeoverError(fact: "an executor reference is not two words"))
    }
    let serialWords = unsafeBitCast(serial, to: (UInt, UInt).self)
    let taskWords = unsafeBitCast(task, to: (UInt, UInt).self)
    let elsewhere = Unmanaged.passUnretained(Elsewhere.shared).toOpaque()
    guard serialWords.0 == UInt(bitPattern: elsewhere) else {
      return .failure(TakeoverError(fact: "an executor reference does not begin with its identity"))
    }
    if let fact = il_install(serialWords.1, taskWords.1, elsewhere) {
      return .failure(TakeoverError(fact: String(cString: fact)))
    }
    streams.withLock {
      $0 = il_learn_streams { AsyncStream<Int>.makeStream().continuation.yield(1) }
    }
    do throws(TakeoverError) {
      for fact in RuntimeFact.allCases where fact.isRequired { try fact.check() }
      // Where it does not hold, large groups only take longer.
      _ = RuntimeFact.children.complaint
      return .success(())
    } catch {
      return .failure(error)
    }
  }()

  /// Takes the runtime over, once in a process.
  ///
  /// - Throws: ``TakeoverError`` naming the fact that does not hold.
  package static func install() throws(TakeoverError) {
    try installed.get()
  }

  /// Real time, whatever a run's virtual time: nanoseconds, good to some milliseconds.
  package static var realTime: Int64 { il_real_time() }

  /// This process was forked to make runs.
  package static var isInChild: Bool { il_is_child() }

  /// Hops are taken over where compiled code makes them.
  ///
  /// Where that cannot be, they arrive by way of the actors' own queues, which is slower.
  package static var takesHopsAtTheCall: Bool { il_is_interposed() }

  /// What steps do to streams is noted.
  static var seesStreams: Bool { streams.withLock { $0 } }
  private static let streams = Mutex(false)

  /// Tells what is wrong with the job of a new task, if anything is.
  package static func complaint(aboutJobAt address: UnsafeRawPointer) -> String? {
    il_check_job(address).map { String(cString: $0) }
  }

  /// Lets detached tasks that a run makes see a task-local of Interleave's own.
  ///
  /// They see Swift Testing's, too, so that expectations in them belong to their
  /// test, and none of the program's.
  package static func share<Value>(_ local: TaskLocal<Value>) {
    il_share_local(
      Unmanaged.passUnretained(local).toOpaque(),
      unsafeBitCast(Value.self as Any.Type, to: UnsafeRawPointer.self))
  }

  // MARK: Types

  /// The metadata of an object's type.
  static func type(of object: UnsafeMutableRawPointer) -> UInt {
    object.load(as: UInt.self)
  }

  /// The names of types that only a child process has.
  private static let foreignNames = Mutex<[UInt: String]>([:])

  /// Held around whatever takes the two of names above and below, for those who fork.
  static let namesLock = ForkableLock()

  /// Takes down names of types that a child process has told.
  package static func learn(typeNames: [UInt: String]) {
    namesLock.withLock { foreignNames.withLock { $0.merge(typeNames) { $1 } } }
  }

  /// The name of a type by its metadata, with its module.
  package static func typeName(_ metadata: UInt) -> String {
    guard metadata != 0 else { return "" }
    if let name = namesLock.withLock({ foreignNames.withLock { $0[metadata] } }) { return name }
    return _typeName(unsafeBitCast(metadata, to: Any.Type.self), qualified: true)
  }

  /// What stands for the label of a dispatch queue: ``typeName(_:)`` tells it, as of a type.
  static func label(ofQueue queue: UnsafeMutableRawPointer) -> UInt {
    let label = String(cString: il_label_of_queue(queue))
    // No metadata lies at an odd address.
    let hash = UInt(truncatingIfNeeded: label.utf8.reduce(UInt64(5)) { mix($0, UInt64($1)) }) | 1
    learn(typeNames: [hash: label])
    return hash
  }

  private static let typeHashes = Mutex<[UInt: UInt64]>([:])

  /// A hash of the type's name that is the same in every process.
  static func hashOfTypeName(_ metadata: UInt) -> UInt64 {
    if let hash = namesLock.withLock({ typeHashes.withLock { $0[metadata] } }) { return hash }
    let hash = typeName(metadata).utf8.reduce(UInt64(4)) { mix($0, UInt64($1)) }
    namesLock.withLock { typeHashes.withLock { $0[metadata] = hash } }
    return hash
  }

  /// The object at an address that is known to hold one.
  package static func object(at address: UInt) -> AnyObject? {
    UnsafeRawPointer(bitPattern: address).map {
      Unmanaged<AnyObject>.fromOpaque($0).takeUnretainedValue()
    }
  }

  /// The error that a task has thrown, as the runtime passes it on.
  static func error(at address: UnsafeMutableRawPointer) -> any Error {
    unsafeBitCast(address, to: (any Error).self)
  }

  /// The identity of an executor.
  package static func identity(of executor: UnownedSerialExecutor) -> UInt {
    unsafeBitCast(executor, to: (UInt, UInt).self).0
  }

  /// Calls what may be called on an executor only, while nobody is on it.
  ///
  /// What it calls may check where it is, as closures in Swift 6 do that use what is isolated.
  package static func call<Value>(
    asIfOn executor: UnownedSerialExecutor, _ body: () throws -> Value
  ) throws -> Value {
    var result: Result<Value, any Error>?
    let (identity, witness) = unsafeBitCast(executor, to: (UInt, UInt).self)
    withoutActuallyEscaping({ result = Result(catching: body) }) { call in
      withUnsafePointer(to: call) { call in
        il_run_as_if_on(
          identity, witness,
          { $0.assumingMemoryBound(to: (() -> Void).self).pointee() },
          UnsafeMutableRawPointer(mutating: call))
      }
    }
    guard let result else { preconditionFailure("a job that is run calls its function") }
    return try result.get()
  }

  // MARK: Callbacks

  static let callbacks = il_callbacks(
    created: { context, task, parent, site, caller, entry, isChild in
      with(context) {
        $0.taskCreated(
          task, parent: parent, site: UInt(bitPattern: site), caller: UInt(bitPattern: caller),
          entry: UInt(bitPattern: entry), isChild: isChild)
      }
    },
    ready: { context, ready in with(context) { $0.jobReady(ready) } },
    withdrawn: { context, task in with(context) { $0.timerWithdrawn(task) } },
    ended: { context, task, error in with(context) { $0.taskEnded(task, error) } },
    named: { context, task, name in
      with(context) { $0.threadNamed(task, String(cString: name)) }
    },
    actor_made: { context, actor, maker in with(context) { $0.actorMade(actor, by: maker) } },
    actor_gone: { context, actor in with(context) { $0.actorGone(actor) } },
    escaped: { context, kind, site, isNative in
      let kind = Escape.Kind(rawValue: UInt8(kind.rawValue)) ?? .unknownJob
      with(context) {
        $0.noteEscape(kind, site: UInt(bitPattern: site), isNative: isNative)
        if kind == .io { $0.noteTalk(at: UInt(bitPattern: site)) }
      }
    },
    native: { context, kind, object in
      var isNative = false
      with(context) { isNative = $0.isNative(kind, object) }
      return isNative
    },
    continuation_leaked: { context, task in with(context) { $0.continuationLeaked(task) } },
    touched: { context, kind, object in with(context) { $0.touched(kind, object) } },
    raced: { context, race in with(context) { $0.raced(race.pointee) } },
    resumed: { context, job in
      var twice: Int?
      with(context) { twice = $0.resumed(UInt(bitPattern: job)) }
      return Int32(twice ?? -1)
    },
    journal: { context, file in with(context) { $0.writeJournal(to: file) } },
    loop: { context in
      var next: OpaquePointer?
      with(context) { next = $0.carrierLoop?() }
      return next
    },
    point: { context, carrier, point in
      var next: OpaquePointer?
      with(context) { next = $0.pointReached(carrier, point.pointee) }
      return next
    })

  /// Calls the body with the machine that a callback is for, which outlives it.
  @inline(__always)
  private static func with(_ context: UnsafeMutableRawPointer, _ body: (Machine) -> Void) {
    Unmanaged<Machine>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
  }

  /// The machine whose step runs on this thread.
  static var currentMachine: Machine? {
    il_current_session().map {
      Unmanaged<Machine>.fromOpaque(il_session_context($0)).takeUnretainedValue()
    }
  }
}

/// Counts who holds a closure.
///
/// A run that came to a standstill leaves tasks behind that hold on to what they
/// captured, but will never run again. What they hold can be released for them.
package struct ClosureHolders {
  package typealias Closure = @Sendable () async throws -> Void

  /// Keeps the closure as it is: a generic function would be given a wrapper.
  private struct Words {
    var closure: Closure
  }

  private let context: UnsafeRawPointer?
  private var before: UInt = 0

  /// Gets ready to count; while this runs, it holds the closure itself.
  package init(of closure: @escaping Closure) {
    context = withUnsafeBytes(of: Words(closure: closure)) {
      UnsafeRawPointer(bitPattern: $0.load(fromByteOffset: 8, as: UInt.self))
    }
  }

  /// Takes down how many hold the closure now.
  package mutating func begin() {
    before = Self.count(context)
  }

  /// Releases the closure on behalf of all who have come to hold it since.
  package func releaseNewcomers() {
    guard let context else { return }
    for _ in 0..<max(Self.count(context), before) - before {
      Unmanaged<AnyObject>.fromOpaque(context).release()
    }
  }

  @inline(never)
  private static func count(_ context: UnsafeRawPointer?) -> UInt {
    guard let context else { return 0 }
    return _getRetainCount(Unmanaged<AnyObject>.fromOpaque(context).takeUnretainedValue())
  }
}

/// Lends its witness table to executor references whose identity is an actor.
///
/// So in `enqueue`, `self` may be an object of any type: nothing but its address
/// may be used.
private final class Elsewhere: SerialExecutor {
  static let shared = Elsewhere()

  func enqueue(_ job: consuming ExecutorJob) {
    il_enqueued_serial(
      unsafeBitCast(UnownedJob(job), to: UnsafeMutableRawPointer.self),
      Unmanaged.passUnretained(self).toOpaque())
  }
}

/// The same for task executors.
private final class ElsewhereForTasks: TaskExecutor {
  static let shared = ElsewhereForTasks()

  func enqueue(_ job: consuming ExecutorJob) {
    il_enqueued_task(
      unsafeBitCast(UnownedJob(job), to: UnsafeMutableRawPointer.self),
      Unmanaged.passUnretained(self).toOpaque())
  }
}
