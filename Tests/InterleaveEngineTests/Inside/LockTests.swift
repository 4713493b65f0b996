#if os(Linux)
  import Foundation
  import InterleaveEngine
  import Synchronization
  import Testing

  /// What belongs to whoever took it is never another step's as well, whatever kind it is.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct LockTests {
    /// A lock of some kind around a section with a point inside.
    struct Kind: Sendable, CustomStringConvertible {
      var description: String
      /// Why no step is interrupted any more once one has come to such a lock.
      var endOfInterruptions: String?
      var make: @Sendable () -> @Sendable (() -> Void) -> Void
    }

    static let kinds: [Kind] = [
      Kind(description: "NSLock") {
        let lock = NSLock()
        return { section in lock.withLock { section() } }
      },
      Kind(description: "NSRecursiveLock") {
        let lock = NSRecursiveLock()
        return { section in lock.withLock { lock.withLock { section() } } }
      },
      Kind(description: "NSLock, tried") {
        let lock = NSLock()
        let other = NSLock()
        return { section in
          while !lock.try() { other.withLock {} }
          section()
          lock.unlock()
        }
      },
      Kind(description: "Mutex") {
        let box = Boxed()
        return { section in box.mutex.withLock { _ in section() } }
      },
      Kind(description: "DispatchSemaphore") {
        let semaphore = DispatchSemaphore(value: 1)
        return { section in
          semaphore.wait()
          section()
          semaphore.signal()
        }
      },
      Kind(description: "DispatchQueue") {
        let queue = DispatchQueue(label: "sections")
        return { section in queue.sync { section() } }
      },
      Kind(description: "NSCondition") {
        let condition = NSCondition()
        let isTaken = Cell()
        return { section in
          condition.lock()
          while isTaken.value { condition.wait() }
          isTaken.value = true
          condition.unlock()
          section()
          condition.lock()
          isTaken.value = false
          condition.signal()
          condition.unlock()
        }
      },
      Kind(description: "pthread_rwlock_t") {
        let lock = ReadWrite()
        return { section in
          pthread_rwlock_wrlock(.init(lock.pointer))
          section()
          pthread_rwlock_unlock(.init(lock.pointer))
        }
      },
      Kind(description: "pthread_spinlock_t") {
        let lock = Spin()
        return { section in
          pthread_spin_lock(.init(lock.pointer))
          section()
          pthread_spin_unlock(.init(lock.pointer))
        }
      },
      Kind(description: "flockfile") {
        let file = OpenFile()
        return { section in
          flockfile(file.pointer)
          section()
          funlockfile(file.pointer)
        }
      },
    ]

    @Test(arguments: kinds)
    func neverAreTwoInOneSection(_ kind: Kind) async throws {
      let outcome = try await onThread {
        var settings = MachineSettings()
        settings.interruptions = .before
        let machine = try Machine(settings: settings)
        var clashes = 0
        var ends: [RunEnd: Int] = [:]
        var interruptions = 0
        var reasons: Set<String> = []
        for seed in 0..<200 {
          let enter = kind.make()
          let inside = Cell()
          let clashed = Cell()
          let other = NSLock()
          let visit: @Sendable () -> Void = {
            for _ in 0..<2 {
              enter {
                if inside.value { clashed.value = true }
                inside.value = true
                other.withLock {}
                other.withLock {}
                inside.value = false
              }
            }
          }
          let end = machine.run(RandomWalk(), RunStart(index: seed, seed: UInt64(seed))) {
            Task { await both(visit, visit) }
          }
          ends[end, default: 0] += 1
          if clashed.value { clashes += 1 }
          interruptions += machine.recordedSchedule().steps.count { $0.reason == .interrupted }
          if let reason = machine.endOfInterruptions { reasons.insert(reason) }
          machine.finish()
        }
        return (clashes, ends, interruptions, reasons)
      }
      #expect(outcome.0 == 0)
      #expect(outcome.1 == [.clean: 200])
      #expect(outcome.3 == Set(kind.endOfInterruptions.map { [$0] } ?? []))
      if kind.endOfInterruptions == nil { #expect(outcome.2 > 200) }
    }
  }

  private final class Boxed: Sendable { let mutex = Mutex(0) }
  private final class Cell: @unchecked Sendable { var value = false }

  /// Memory for a lock of C, which nobody but C knows the type of.
  private class CLock: @unchecked Sendable {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 16)
    deinit { memory.deallocate() }
  }

  private final class ReadWrite: CLock, @unchecked Sendable {
    var pointer: OpaquePointer { OpaquePointer(memory) }
    override init() {
      super.init()
      pthread_rwlock_init(.init(pointer), nil)
    }
    deinit { pthread_rwlock_destroy(.init(pointer)) }
  }

  private final class OpenFile: @unchecked Sendable {
    let pointer = fopen("/dev/null", "w")!
    deinit { fclose(pointer) }
  }

  private final class Spin: CLock, @unchecked Sendable {
    var pointer: OpaquePointer { OpaquePointer(memory) }
    override init() {
      super.init()
      pthread_spin_init(.init(pointer), 0)
    }
    deinit { pthread_spin_destroy(.init(pointer)) }
  }
#endif
