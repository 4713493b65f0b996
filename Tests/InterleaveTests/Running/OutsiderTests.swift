import Dispatch
import Foundation
import Interleave
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Others who work for a run: threads, queues and processes that it does not control.
@Suite(.timeLimit(.minutes(10))) struct OutsiderTests {
  /// Lets somebody resume a continuation, beside a virtual time-out that is shorter than the
  /// longest that this may really take.
  private func outcome(
    schedules: Int = 8, grace: Duration = .seconds(60),
    _ hand: @escaping @Sendable (@escaping @Sendable () -> Void) throws -> Void
  ) async -> FuzzOutcome {
    await fuzzed(schedules: schedules, { $0.foreignGrace = grace }) {
      async let other: Void = Task.yield()
      async let another: Void = Task.yield()
      try await withLimit(.seconds(5)) {
        try await withCheckedThrowingContinuation { continuation in
          do {
            try hand { continuation.resume() }
          } catch {
            continuation.resume(throwing: error)
          }
        }
      }
      _ = await (other, another)
    }
  }

  @Test func aTimeOutDoesNotFireWhileAQueueWorks() async {
    let outcome = await outcome { resume in
      DispatchQueue.global().async {
        usleep(100_000)
        resume()
      }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aTimeOutDoesNotFireWhileWorkForLaterIsDue() async {
    let outcome = await outcome { resume in
      DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(100)) { resume() }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func whatIsDoneInSeveralTurnsIsWaitedForToItsEnd() async {
    let outcome = await outcome { resume in
      DispatchQueue.global().async {
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(50)) {
          let item = DispatchWorkItem { resume() }
          DispatchQueue.global().async(execute: item)
        }
      }
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aTimeOutThatIsDueBeforeTheWorkFires() async throws {
    let outcome = await fuzzed(schedules: 4, { $0.foreignGrace = .seconds(60) }) {
      async let other: Void = Task.yield()
      async let another: Void = Task.yield()
      let began = ContinuousClock.now
      try await withLimit(.milliseconds(500)) {
        await withCheckedContinuation { continuation in
          DispatchQueue.global().asyncAfter(deadline: .now() + 1) { continuation.resume() }
        }
      }
      #expect(ContinuousClock.now - began == .zero)
      _ = await (other, another)
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.message.contains("Late"), "\(failure)")
  }

  @Test func whatIsDoneLaterMovesTheRunsClocks() async {
    let outcome = await fuzzed(schedules: 4) {
      async let other: Void = Task.yield()
      async let another: Void = Task.yield()
      let began = ContinuousClock.now
      await withCheckedContinuation { continuation in
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(100)) {
          continuation.resume()
        }
      }
      #expect(ContinuousClock.now - began == .milliseconds(100))
      _ = await (other, another)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aThreadThatOutlivesARunIsWaitedForInThoseThatFollow() async {
    for _ in 0..<2 {
      let outcome = await outcome(grace: .seconds(10)) { SlowThread.shared.submit($0) }
      #expect(outcome.failure == nil, "\(outcome)")
    }
  }

  @Test func aProcessIsWaitedFor() async {
    // Foundation's thread that watches processes never ends, and is waited for once.
    let outcome = await outcome(schedules: 4, grace: .seconds(10)) { resume in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sleep")
      process.arguments = ["0.1"]
      process.terminationHandler = { _ in resume() }
      try process.run()
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func whatAThreadNeverResumesIsLost() async throws {
    let outcome = await fuzzed(schedules: 4, { $0.foreignGrace = .milliseconds(500) }) {
      async let other: Void = Task.yield()
      async let another: Void = Task.yield()
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        SlowThread.shared.submit { SlowThread.shared.keep(continuation) }
      }
      _ = await (other, another)
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .lostWakeUp, "\(failure)")
    #expect(!failure.interleaving.steps.isEmpty)
  }

  @Test func whatIsLostOnlyNowAndThenIsNotBlamedOnTheProgram() async {
    let calls = Mutex(0)
    let outcome = await fuzzed(
      schedules: 6,
      {
        $0.foreignGrace = .seconds(2)
        $0.interruptions = .never
      }
    ) {
      async let other: Void = Task.yield()
      async let another: Void = Task.yield()
      let call = calls.withLock {
        $0 += 1
        return $0
      }
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        SlowThread.shared.submit {
          if call == 5 {
            SlowThread.shared.keep(continuation)
          } else {
            continuation.resume()
          }
        }
      }
      _ = await (other, another)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(
      outcome.report.warnings.contains { $0.contains("failed once") }, "\(outcome.report.warnings)")
  }

  // MARK: Input and output

  /// Talks to an echo over a pair of sockets, with a time limit for the answer.
  private func echo() async -> FuzzOutcome {
    await fuzzed(schedules: 4, { $0.foreignGrace = .seconds(60) }) {
      async let other: Void = Task.yield()
      async let another: Void = Task.yield()
      let echo = try Echo()
      try await withLimit(.seconds(5)) { await echo.ask() }
      _ = await (other, another)
    }
  }

  @Test func aTimeOutDoesNotFireBeforeAnAnswerThatIsOnItsWay() async {
    let outcome = await echo()
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(
      outcome.report.warnings.contains { $0.hasPrefix("this test does real I/O: ") },
      "\(outcome.report.warnings)")
  }

  @Test func aFailureOfATestThatReadsFromOthersIsNotKept() async throws {
    let (outcome, files) = try await withTemporaryFolder { folder in
      let outcome = await fuzzed(schedules: 4, { $0.corpus = .at(folder) }) {
        let echo = try Echo()
        async let other: Void = Task.yield()
        async let another: Void = Task.yield()
        await echo.ask()
        _ = await (other, another)
        throw Late()
      }
      return (outcome, try FileManager.default.contentsOfDirectory(atPath: folder))
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .thrownError, "\(failure)")
    #expect(failure.corpusFile == nil)
    #expect(files.isEmpty, "\(files)")
    #expect(outcome.report.warnings.contains { $0.hasPrefix("this test does real I/O") })
  }

  @Test func readingFilesIsNoConversation() async {
    let outcome = await fuzzed(schedules: 4) {
      async let other: Void = Task.yield()
      async let another: Void = Task.yield()
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: #filePath))
      #expect(try file.read(upToCount: 6) == Data("import".utf8))
      try file.close()
      _ = await (other, another)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.warnings.isEmpty, "\(outcome.report.warnings)")
  }
}

#if os(Linux) && arch(x86_64)
  extension OutsiderTests {
    @Test(arguments: [false, true])
    func aLoopThatIsOnlyWokenTalksToNobody(hasPipe: Bool) async throws {
      let outcome = await fuzzed(schedules: 4, { $0.interruptions = .never }) {
        async let other: Void = Task.yield()
        async let another: Void = Task.yield()
        let loop = WokenLoop(hasPipe: hasPipe)
        await withCheckedContinuation { continuation in loop.run { continuation.resume() } }
        _ = await (other, another)
      }
      #expect(outcome.failure == nil, "\(outcome)")
      let warnings = outcome.report.warnings.filter { $0.hasPrefix("this test does real I/O") }
      #expect(warnings.isEmpty != hasPipe, "\(outcome.report.warnings)")
    }
  }

  /// Waits on a thread of its own until it is woken, as event loops do.
  private final class WokenLoop: Sendable {
    private let set = EpollCalls.create(0)
    private let bell = EpollCalls.event(0, 0)
    private let pipe: [Int32]

    init(hasPipe: Bool) {
      var ends: [Int32] = []
      if hasPipe {
        ends = [0, 0]
        _ = Glibc.pipe(&ends)
      }
      pipe = ends
      for file in ends.prefix(1) + [bell] {
        var event = EpollCalls.Event(file)
        _ = EpollCalls.control(set, EpollCalls.add, file, &event)
      }
    }

    func run(_ work: @escaping @Sendable () -> Void) {
      Thread.detachNewThread {
        var event = EpollCalls.Event(-1)
        _ = EpollCalls.wait(self.set, &event, 1, -1)
        work()
        ([self.set, self.bell] + self.pipe).forEach { close($0) }
      }
      var one: UInt64 = 1
      write(bell, &one, 8)
    }
  }

  /// The calls of `sys/epoll.h` and `sys/eventfd.h`, which Swift's module of the C library lacks.
  private enum EpollCalls {
    /// As the kernel packs an `epoll_event`.
    struct Event {
      private var events: UInt32
      private var file: (UInt32, UInt32)

      init(_ file: Int32) {
        events = 1  // EPOLLIN
        self.file = (UInt32(bitPattern: file), 0)
      }
    }

    static let add: Int32 = 1
    static let create: @convention(c) (Int32) -> Int32 = find("epoll_create1")
    static let event: @convention(c) (UInt32, Int32) -> Int32 = find("eventfd")
    static let control: @convention(c) (Int32, Int32, Int32, UnsafeMutableRawPointer) -> Int32 =
      find("epoll_ctl")
    static let wait: @convention(c) (Int32, UnsafeMutableRawPointer, Int32, Int32) -> Int32 = find(
      "epoll_wait")

    private static func find<Function>(_ name: String) -> Function {
      unsafeBitCast(dlsym(nil, name), to: Function.self)
    }
  }
#endif

private struct Late: Error {}

/// Runs a body, and throws if that takes longer than the limit.
private func withLimit(
  _ limit: Duration, _ body: @escaping @Sendable () async throws -> Void
) async throws {
  try await withThrowingTaskGroup { group in
    group.addTask { try await body() }
    group.addTask {
      try await Task.sleep(for: limit)
      throw Late()
    }
    defer { group.cancelAll() }
    try await group.next()
  }
}

/// A thread that takes a while for each of its jobs, one after the other, and ends when there has
/// been none for some time: it outlives runs, but not for long the test.
final class SlowThread: @unchecked Sendable {
  static let shared = SlowThread()
  private let condition = NSCondition()
  private var isRunning = false
  private var jobs: [@Sendable () -> Void] = []
  private var kept: [UnsafeContinuation<Void, Never>] = []

  private func work() {
    while let job = next() {
      usleep(50_000)
      job()
    }
  }

  private func next() -> (@Sendable () -> Void)? {
    condition.lock()
    defer { condition.unlock() }
    let end = Date(timeIntervalSinceNow: 2)
    while jobs.isEmpty {
      guard condition.wait(until: end) else {
        isRunning = false
        return nil
      }
    }
    return jobs.removeFirst()
  }

  func submit(_ job: @escaping @Sendable () -> Void) {
    condition.lock()
    defer { condition.unlock() }
    jobs.append(job)
    condition.signal()
    guard !isRunning else { return }
    isRunning = true
    Thread.detachNewThread { [self] in work() }
  }

  func keep(_ continuation: UnsafeContinuation<Void, Never>) {
    condition.lock()
    defer { condition.unlock() }
    kept.append(continuation)
  }
}

/// Answers each byte with itself, on a thread of its own, by way of two sockets.
private final class Echo: Sendable {
  private let near: Int32
  private let far: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw Late() }
    (near, far) = (ends[0], ends[1])
    Thread.detachNewThread { [far] in
      var byte: UInt8 = 0
      while recv(far, &byte, 1, 0) == 1 {
        usleep(50_000)
        send(far, &byte, 1, Int32(MSG_NOSIGNAL))
      }
      close(far)
    }
  }

  deinit { close(near) }

  func ask() async {
    var byte: UInt8 = 7
    send(near, &byte, 1, Int32(MSG_NOSIGNAL))
    await withCheckedContinuation { continuation in
      let source = DispatchSource.makeReadSource(fileDescriptor: near)
      source.setEventHandler { [near] in
        var answer: UInt8 = 0
        guard recv(near, &answer, 1, 0) == 1 else { return }
        source.cancel()
        continuation.resume()
      }
      source.activate()
    }
  }
}
