import Interleave
import Testing

/// Resources that must be closed exactly once, natively and in fuzzed runs.
@Suite struct StubResourceTests {
  @Test func whatIsOpenedAndClosedOnceSaysNothing() async throws {
    let files = StubResource("file")
    let file = try await files.open()
    files.expectOpen(file)
    #expect(files.openCount == 1)
    await files.close(file)
    #expect(try await files.with { _ in 5 } == 5)
    await #expect(throws: Offline()) { try await files.with { _ in throw Offline() } }
    files.expectAllClosed()
    #expect(files.openCount == 0)
  }

  @Test func whatIsLeftOpenIsListed() async throws {
    let files = StubResource("file")
    let line = #line + 1
    let first = try await files.open()
    _ = try await files.open()
    await files.close(first)
    let texts = try await issues { files.expectAllClosed() }
    #expect(
      texts == [
        """
        each file must be closed once (#2 was not closed):
          #1 opened by task #1 at StubResourceTests.swift:\(line), closed by task #1
          #2 opened by task #1 at StubResourceTests.swift:\(line + 1), not closed
        """
      ])
  }

  @Test func whatIsClosedTwiceIsAnIssueAtOnce() async throws {
    let files = StubResource("file")
    let file = try await files.open()
    await files.close(file)
    let texts = try await issues { await files.close(file) }
    #expect(texts.count == 1)
    #expect(texts.first?.hasPrefix("file #1 must be closed once (was closed again):") == true)
    #expect(texts.first?.hasSuffix("closed by task #1 and task #1") == true)
  }

  @Test func whatIsUsedAfterItWasClosedIsAnIssueAtOnce() async throws {
    let files = StubResource("file")
    let file = try await files.open()
    await files.close(file)
    let texts = try await issues { files.expectOpen(file) }
    #expect(texts.first?.hasPrefix("file #1 must be open when it is used (was closed):") == true)
  }

  @Test func whatIsOfAnotherResourceCannotBeClosed() async throws {
    let file = try await StubResource("file").open()
    let socket = StubResource("socket")
    let texts = try await issues { await socket.close(file) }
    #expect(texts == ["file #1 must be open to be closed (is not one of `socket`)"])
  }

  // MARK: Fuzzed

  private func work(
    isMended: Bool, faults: [any Error] = [], cancels: Bool = false
  ) async -> FuzzOutcome {
    await fuzzed(schedules: 400, named: "work") {
      let connections = StubResource("connection", latency: .zero ... .seconds(1))
      let stub = Stub<Int, Int>(
        "work", .computes { $0 }, latency: .zero ... .seconds(1), faults: faults)
      let worker = Worker(connections: connections, work: stub, closesAlways: isMended)
      let tasks = (1...2).map { number in Task { try? await worker.run(number) } }
      if cancels {
        try await stub.waitForCalls()
        for task in tasks { task.cancel() }
      }
      for task in tasks { _ = await task.value }
    }
  }

  @Test func whatAFaultLeavesOpenIsFoundAtTheEndOfTheRun() async throws {
    let failure = try #require(await work(isMended: false, faults: [Offline()]).failure)
    #expect(failure.kind == .expectation)
    #expect(failure.message.hasPrefix("each connection must be closed once (#"), "\(failure)")
    #expect(failure.sourceLocation?.filePath.hasSuffix("Clients.swift") == true)
  }

  @Test func whatCancellationLeavesOpenIsFound() async throws {
    let failure = try #require(await work(isMended: false, cancels: true).failure)
    #expect(failure.message.hasPrefix("each connection must be closed once (#"), "\(failure)")
  }

  @Test func whatIsClosedOnEveryPathPassesInEveryInterleaving() async {
    let outcome = await work(isMended: true, faults: [Offline()], cancels: true)
    #expect(outcome.failure == nil, "\(outcome)")
  }

  /// Two tasks share a pool of one; by mistake both may close it.
  private func shutDown(isMended: Bool) async -> FuzzOutcome {
    await fuzzed(named: "shutDown") {
      let connections = StubResource("connection")
      let pool = Pool(connections, try await connections.open(), forgetsFirst: isMended)
      async let first: Void = pool.shutDown()
      async let second: Void = pool.shutDown()
      _ = await (first, second)
    }
  }

  @Test func whatIsClosedTwiceInSomeInterleavingIsFound() async throws {
    let failure = try #require(await shutDown(isMended: false).failure)
    #expect(failure.message.contains("connection #1 must be closed once (was closed again):"))
    #expect(await shutDown(isMended: true).failure == nil)
  }
}

private actor Pool {
  private let connections: StubResource
  private let forgetsFirst: Bool
  private var connection: StubResource.Handle?

  init(_ connections: StubResource, _ connection: StubResource.Handle, forgetsFirst: Bool) {
    self.connections = connections
    self.connection = connection
    self.forgetsFirst = forgetsFirst
  }

  func shutDown() async {
    guard let connection else { return }
    if forgetsFirst { self.connection = nil }
    await connections.close(connection)
    self.connection = nil
  }
}
