import Interleave
import Testing

/// Stubs in fuzzed runs: what they let be found, and what they leave alone.
@Suite struct FuzzedStubTests {
  // MARK: Each call is a scheduling point

  private func look(up isMended: Bool) async -> FuzzOutcome {
    await fuzzed(named: "cache") {
      let fetch = NonthrowingStub<Int, Int>("fetch", .computes { $0 * 2 })
      let cache = Cache(fetch, sharesLoads: isMended)
      async let first = cache.value(of: 1)
      async let second = cache.value(of: 1)
      _ = await (first, second)
      fetch.expectAwaitedOnce(with: 1)
    }
  }

  @Test func aCacheThatLoadsTwiceIsFound() async throws {
    let failure = try #require(await look(up: false).failure)
    #expect(failure.kind == .expectation)
    #expect(
      failure.message.contains(
        "`fetch` must have been awaited once, with (1) (was awaited 2 times):"))
    #expect(failure.message.contains("1. fetch(1) -> 2 (task 0."))
    let notes = failure.interleaving.steps.flatMap(\.notes)
    #expect(notes == ["fetch(1) -> 2", "fetch(1) -> 2"])
    #expect(failure.text(width: 100).contains("fetch(1) -> 2"))
  }

  @Test func aCacheThatSharesItsLoadsPasses() async {
    let outcome = await look(up: true)
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.distinctInterleavings > 1)
  }

  @Test func aStubThatDrawsNothingLeavesProofsPossible() async {
    let outcome = await fuzzed(schedules: 5_000, { $0.strategy = .reduction }) {
      let fetch = NonthrowingStub<Int, Int>("fetch", .computes { $0 })
      async let first = fetch(1)
      async let second = fetch(2)
      _ = await (first, second)
      fetch.expectAwaited(times: 2)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(outcome.report.isExhaustive, "\(outcome.report)")
  }

  @Test func whatIsDrawnIsNoProof() async {
    let outcome = await fuzzed(schedules: 200, { $0.strategy = .reduction }) {
      let fetch = Stub<Int, Int>("fetch", .returns(1), faults: [Offline()])
      async let first = fetch(1)
      async let second = fetch(2)
      _ = try? await (first, second)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    #expect(!outcome.report.isExhaustive)
    #expect(outcome.report.schedules == 200)
  }

  // MARK: Latency

  private func load(isMended: Bool, folder: String? = nil) async -> FuzzOutcome {
    await fuzzed(schedules: 200, { $0.corpus = folder.map { .at($0) } ?? .none }, named: "load") {
      let find = NonthrowingStub<String, String>(
        "find", .computes { $0 }, latency: .zero ... .seconds(2))
      let page = Page(find, dropsLateAnswers: isMended)
      await page.load("a")
      #expect(await page.isConsistent)
    }
  }

  @Test func anAnswerThatIsTooLateIsFoundByTheShortestLatency() async throws {
    let failure = try #require(await load(isMended: false).failure)
    #expect(failure.kind == .expectation)
    let notes: [String] = failure.interleaving.steps.flatMap(\.notes)
    #expect(notes == ["find(\"a\") -> \"a\", after 1 s"], "\(failure)")
  }

  @Test func aPageThatDropsLateAnswersPasses() async {
    let outcome = await load(isMended: true)
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func latenciesAreKeptInTheCorpus() async throws {
    try await withTemporaryFolder { folder in
      let file = try #require(await load(isMended: false, folder: folder).failure?.corpusFile)
      let again = try #require(await load(isMended: false, folder: folder).failure)
      #expect(again.corpusFile == file)
      #expect(again.strategy == nil)
      #expect(again.schedulesTried == 1)
      let mended = await load(isMended: true, folder: folder)
      #expect(mended.failure == nil, "\(mended)")
      #expect(mended.report.fixed == [file], "\(mended.report)")
    }
  }

  @Test func virtualTimePassesInACall() async {
    let outcome = await fuzzed(schedules: 100, { $0.checks.remove(.nothingInterleaved) }) {
      let wait = NonthrowingStub<Int, Void>(
        "wait", .returns(()), latency: .seconds(60) ... .seconds(120))
      let clock = ContinuousClock()
      let took = await clock.measure { await wait(1) }
      #expect(took >= .seconds(60) && took <= .seconds(120))
      #expect(wait.calls.first?.start == .zero)
      #expect(wait.calls.first?.end == took)
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  // MARK: Faults

  private func upload(isMended: Bool, seed: UInt64 = 1) async -> FuzzOutcome {
    await fuzzed(schedules: 400, seed: seed, named: "upload") {
      let send = Stub<Int, Void>("send", .returns(()), faults: [Offline(), Busy()])
      let uploader = Uploader(send, freesOnError: isMended)
      await withTaskGroup { group in
        for number in 1...3 { group.addTask { await uploader.upload(number) } }
      }
      #expect(await uploader.isFree)
    }
  }

  @Test func aPlaceThatAnErrorLeavesTakenIsFoundByOneFault() async throws {
    let failure = try #require(await upload(isMended: false).failure)
    #expect(failure.kind == .expectation)
    let notes: [String] = failure.interleaving.steps.flatMap(\.notes)
    let faults = notes.filter { $0.contains("a fault") }
    #expect(faults.count == 1, "\(failure)")
    #expect(faults.first?.hasSuffix(" threw Offline(), a fault") == true, "\(faults)")
    #expect(failure.interleaving.preemptions == 0)
  }

  @Test func aPlaceThatIsFreedOnErrorsPasses() async {
    let outcome = await upload(isMended: true)
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func theSameSeedFindsTheSameFaults() async throws {
    let first = try #require(await upload(isMended: false, seed: 9).failure)
    let second = try #require(await upload(isMended: false, seed: 9).failure)
    #expect(first.schedulesTried == second.schedulesTried)
    #expect(first.interleaving == second.interleaving)
  }

  @Test func faultsAreKeptWithGeneratedInputs() async throws {
    try await withTemporaryFolder { folder in
      var configuration = FuzzConfiguration()
      configuration.seed = 1
      configuration.corpus = .at(folder)
      let fuzzer = Fuzzer(configuration)
      let run = { @Sendable in
        await fuzzer.run(named: "inputs", over: .int(in: 0...100)) { number in
          let send = Stub<Int, Void>("send", .returns(()), faults: [Offline()])
          async let other: Void = Task.yield()
          let isSent = (try? await send(number)) != nil
          await other
          #expect(isSent || number < 10)
        }
      }
      let found = try #require(await run().failure)
      #expect(found.inputs == ["10"], "\(found)")
      let again = try #require(await run().failure)
      #expect(again.corpusFile == found.corpusFile)
      #expect(again.inputs == ["10"])
      #expect(again.strategy == nil)
    }
  }

  // MARK: Standing still

  @Test func aCallThatIsNeverReleasedIsALostWakeUp() async throws {
    let outcome = await fuzzed {
      let fetch = NonthrowingStub<Int>("fetch", .whenReleased(.returns(1)))
      async let other: Void = Task.yield()
      _ = await fetch()
      await other
    }
    #expect(outcome.failure?.kind == .lostWakeUp)
  }

  @Test func aReleasedCallGoesOnInEveryInterleaving() async {
    let outcome = await fuzzed {
      let fetch = NonthrowingStub<Int, Int>("fetch", .whenReleased(.computes { $0 }))
      async let first = fetch(1)
      async let second = fetch(2)
      try await fetch.waitForCalls(2)
      fetch.expectOverlap(atMost: 2)
      fetch.release(2)
      #expect(await first + second == 3)
      fetch.expectEachCallEnded()
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aCancelledCallEndsInEveryInterleaving() async {
    let outcome = await fuzzed {
      let fetch = Stub<Int>("fetch", .never)
      let task = Task { try await fetch() }
      await Task.yield()
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      fetch.expectEachCallEnded()
    }
    #expect(outcome.failure == nil, "\(outcome)")
  }

  @Test func aStubThatIsMadeOutsideBeginsAnewInEachRun() async {
    let fetch = NonthrowingStub<Int, Int>("fetch", .returns(inTurn: 1, 2))
    let outcome = await fuzzed(schedules: 50) {
      async let first = fetch(1)
      async let second = fetch(2)
      #expect(await first + second == 3)
      fetch.expectAwaited(times: 2)
    }
    #expect(outcome.failure == nil, "\(outcome)")
    fetch.expectAwaited(times: 2)
  }

  @Test func expectationsCountInsideAFuzzedRunAtTheirLine() async throws {
    let line = #line + 6
    let outcome = await fuzzed {
      let fetch = NonthrowingStub<Int, Int>("fetch", .returns(1))
      async let first = fetch(1)
      async let second = fetch(2)
      _ = await (first, second)
      fetch.expectAwaited(inOrder: 1, 2)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .expectation)
    #expect(failure.sourceLocation?.line == line)
    #expect(failure.interleaving.deviations.count == 1, "\(failure)")
  }

  @Test func tooManyCallsAtOnceAreFound() async throws {
    let run = { @Sendable (isMended: Bool) in
      await fuzzed(named: "overlap") {
        let fetch = NonthrowingStub<Int, Int>("fetch", .returns(1))
        let limiter = Limiter(fetch, countsAtOnce: isMended)
        await withTaskGroup { group in
          for number in 1...3 { group.addTask { await limiter.fetch(number) } }
        }
        fetch.expectOverlap(atMost: 2)
        fetch.expectAwaited(times: 3)
      }
    }
    let failure = try #require(await run(false).failure)
    #expect(failure.message.contains("must have at most 2 calls at the same time (was 3)"))
    #expect(await run(true).failure == nil)
  }
}
