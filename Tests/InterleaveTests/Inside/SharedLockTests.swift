#if os(Linux)
  import Foundation
  import Interleave
  import InterleaveEngine
  import Testing

  /// A lock that several readers have at once.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct SharedLockTests {
    /// Two readers may be at it together, and who writes waits for the last of them.
    @Test func whoWritesIsAloneAndReadersNeedNotBe() async {
      let meeting = Meeting()
      var configuration = FuzzConfiguration()
      configuration.seed = 1
      configuration.schedules = 300
      configuration.corpus = .none
      // A writer who is let in too early waits for real.
      configuration.hangLimit = .seconds(2)
      let outcome = await Fuzzer(configuration).run(named: "readers") {
        let page = SharedPage(meeting)
        async let one: Void = page.read()
        async let other: Void = page.read()
        async let writer: Void = page.write()
        _ = await (one, other, writer)
        #expect(!page.isTorn)
      }
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(outcome.report.warnings == [])
      #expect(meeting.hasTakenPlace)
    }
  }

  /// Whether readers were ever together, in any of the runs.
  private final class Meeting: @unchecked Sendable { var hasTakenPlace = false }

  private final class SharedPage: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
    /// A point at which others may come in between.
    private let inBetween = NSLock()
    private let meeting: Meeting
    private var readers = 0
    private(set) var isTorn = false

    init(_ meeting: Meeting) {
      self.meeting = meeting
      pthread_rwlock_init(lock, nil)
    }

    deinit {
      pthread_rwlock_destroy(lock)
      lock.deallocate()
    }

    func read() {
      pthread_rwlock_rdlock(lock)
      readers += 1
      inBetween.withLock {}
      if readers == 2 { meeting.hasTakenPlace = true }
      readers -= 1
      pthread_rwlock_unlock(lock)
    }

    func write() {
      pthread_rwlock_wrlock(lock)
      isTorn = isTorn || readers > 0
      inBetween.withLock {}
      isTorn = isTorn || readers > 0
      pthread_rwlock_unlock(lock)
    }
  }
#endif
