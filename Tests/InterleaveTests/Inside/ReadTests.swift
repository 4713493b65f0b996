import Foundation
import Interleave
import InterleaveBugs
import InterleaveEngine
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Steps that read from a pipe or a socket, or wait for one, while others go on.
@Suite(.enabled(if: Interruptions.obstacle == nil), .timeLimit(.minutes(10)))
struct ReadTests {
  /// Fuzzes a body in which there may be no choice.
  private func passes(
    schedules: Int = 100, saysNothing: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable () async throws -> Void
  ) async {
    let outcome = await fuzzed(
      schedules: schedules,
      {
        $0.poolWidth = .unlimited
        $0.checks.remove(.nothingInterleaved)
      }, body: body)
    #expect(outcome.failure == nil, "\(outcome)", sourceLocation: sourceLocation)
    let said = outcome.report.warnings + outcome.report.escapes
    #expect(said.isEmpty == saysNothing, "\(said)", sourceLocation: sourceLocation)
  }

  // MARK: What another task of the run writes

  @Test(arguments: Channel.Way.allCases)
  func whoReadsWaitsUntilAnotherTaskHasWritten(way: Channel.Way) async {
    await passes {
      let (client, server) = Channel.pair()
      let writer = Task { server.write(42) }
      #expect(client.read(by: way) == 42)
      await writer.value
    }
  }

  @Test func bothEndsAreReadByTurns() async {
    await passes {
      let (client, server) = Channel.pair()
      async let served: Void = {
        for _ in 0..<3 { server.write(server.read() + 1) }
      }()
      for number: UInt8 in 1...3 {
        client.write(number)
        #expect(client.read() == number + 1)
      }
      await served
    }
  }

  @Test func theOtherEndIsClosed() async {
    await passes {
      let (client, server) = Channel.pair()
      let writer = Task { server.finish() }
      #expect(client.read() == 0)
      await writer.value
    }
  }

  @Test func whoWritesMoreThanFitsWaitsUntilItIsRead() async {
    await passes(schedules: 20) {
      let channel = Channel()
      let count = 200_000
      async let written = channel.write(count: count)
      var read = 0
      while read < count { read += channel.read(most: 50_000) }
      #expect(await written == count)
    }
  }

  @Test func whoDoesNotBlockIsAnsweredAtOnce() async throws {
    let outcome = await fuzzed(schedules: 100) {
      let channel = Channel()
      channel.stopBlocking()
      let writer = Task { channel.write(1) }
      #expect(channel.read() == 1)
      await writer.value
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .expectation, "\(failure)")
  }

  @Test func aTimeOutIsOfTheRunsTime() async {
    await passes {
      let channel = Channel()
      let start = ContinuousClock.now
      let writer = Task {
        try await Task.sleep(for: .seconds(3600))
        channel.write(1)
      }
      #expect(Channel.indexOfReady([channel], milliseconds: 60_000) == nil)
      #expect(ContinuousClock.now - start >= .seconds(60))
      #expect(Channel.indexOfReady([channel], milliseconds: 7_200_000) == 0)
      try await writer.value
    }
  }

  // MARK: What is found

  @Test func theOrderOfTwoWhoWriteIsFound() async throws {
    let outcome = await fuzzed(schedules: 300) {
      let channel = Channel()
      await both({ channel.write(1) }, { channel.write(2) })
      #expect(channel.read() == 1)
      #expect(channel.read() == 2)
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.interleaving.preemptions <= 1, "\(failure)")
  }

  @Test func whatIsSaidInTwoPartsIsMixed() async throws {
    let body: @Sendable (Bool) async -> Void = { isMended in
      let channel = Channel()
      let lock = NSLock()
      let say: @Sendable (UInt8) -> Void = { byte in
        if isMended { lock.lock() }
        channel.write(byte)
        channel.write(byte)
        if isMended { lock.unlock() }
      }
      await both({ say(1) }, { say(2) })
      let first = channel.read()
      #expect(channel.read() == first)
    }
    let failure = try #require(await fuzzed { await body(false) }.failure)
    #expect(failure.interleaving.interruptions == 1, "\(failure)")
    #expect(failure.description.contains("a pipe or a socket"), "\(failure)")
    let mended = await fuzzed { await body(true) }
    #expect(mended.failure == nil, "\(mended)")
  }

  @Test func itIsToldWhoReadsWhereThatNobodyCanWrite() async throws {
    // A thread of another test might have been handed an end; a process of its own has no other.
    let outcome = await fuzzed(schedules: 20, { $0.isolation = .process }) {
      let channel = Channel()
      await both({ _ = channel.read() }, { _ = channel.read() })
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.message.contains("only steps of the same run have the other end"), "\(failure)")
    #expect(failure.message.contains("Channel.swift:"), "\(failure)")
    #expect(!failure.description.contains("takes lock"), "\(failure)")
  }

  @Test func starvationNamesTheCall() async throws {
    let program = try #require(BugProgram.named("starved_read"))
    let failure = try #require(await fuzzed(schedules: 1_000, body: program.body).failure)
    #expect(failure.message.contains("is blocked in `read`, in "), "\(failure)")
  }

  // MARK: What comes from others

  @Test func whatAThreadFromBeforeTheRunWritesIsWaitedFor() async {
    let outside = WorkingThread()
    defer { outside.end() }
    await passes(schedules: 8, saysNothing: false) {
      let channel = Channel()
      async let other: Void = Task.yield()
      outside.perform { channel.write(42) }
      #expect(channel.read() == 42)
      await other
    }
  }

  @Test func aPipeFromBeforeTheRunIsReadWhileOthersGoOn() async {
    let channel = Channel()
    await passes(schedules: 8, saysNothing: false) {
      let writer = Task { channel.write(42) }
      #expect(channel.read() == 42)
      await writer.value
    }
  }

  @Test func othersGoOnWhileAStepWaitsForAProcess() async {
    await passes(schedules: 4, saysNothing: false) {
      var ends: [Int32] = [-1, -1]
      #expect(pipe(&ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      let (reading, writing) = (ends[0], ends[1])
      let process = startCat(reading: reading)
      let ending = Task { close(writing) }
      #expect(waitpid(process, nil, 0) == process)
      #expect(await ending.value == 0)
      close(reading)
    }
  }

  /// Starts a process that ends once nobody is left who could write to the file.
  private func startCat(reading file: Int32) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, file, 0)
    var process: pid_t = 0
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("cat"), nil]
    defer { free(arguments[0]) }
    posix_spawn(&process, "/bin/cat", &actions, nil, &arguments, nil)
    return process
  }
}
