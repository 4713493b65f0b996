import Testing

extension CorrectProgram {
  /// Programs that start, stop and clean up.
  static let lifetimes = [
    CorrectProgram("a watcher that is cancelled ends with its screen") {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      let seen = Counter()
      let watcher = Task {
        for await _ in stream { await seen.increment() }
      }
      continuation.yield(1)
      await Task.yield()
      watcher.cancel()
      await watcher.value
      #expect(await seen.value <= 1)
    },
    CorrectProgram("of quick keystrokes, the last one is searched for") {
      let search = Search()
      for text in ["s", "sw", "swift"] { await search.type(text) }
      await search.settle()
      #expect(await search.results.last == "swift")
      #expect(await search.results == search.results.sorted { $0.count < $1.count })
    },
    CorrectProgram("a retry stops at the first success") {
      let server = FlakyServer(failures: 2)
      async let noise: Void = server.ping()
      let answer = try await retrying(times: 3) { try await server.fetch() }
      await noise
      #expect(answer == "ok")
      #expect(await server.attempts == 3)
    },
    CorrectProgram("readers share, and writers are alone") {
      let lock = ReadWriteLock()
      let page = Page()
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          group.addTask {
            await lock.read()
            #expect(await !page.isBeingWritten)
            await lock.unlock()
          }
          group.addTask {
            await lock.write()
            await page.beginWriting()
            await page.endWriting()
            await lock.unlock()
          }
        }
      }
      #expect(await page.versions == 2)
    },
  ]
}

/// Waits a little before it searches, and starts anew with each keystroke.
private actor Search {
  private(set) var results: [String] = []
  private var pending: Task<Void, Never>?
  private var latest = 0

  func type(_ text: String) {
    pending?.cancel()
    latest += 1
    pending = Task { [latest] in
      try? await Task.sleep(for: .milliseconds(5))
      await Task.yield()
      guard latest == self.latest else { return }
      results.append(text)
    }
  }

  func settle() async { await pending?.value }
}

private actor FlakyServer {
  struct Busy: Error {}

  private(set) var attempts = 0
  private var failures: Int

  init(failures: Int) { self.failures = failures }

  func ping() {}

  func fetch() throws -> String {
    attempts += 1
    guard failures == 0 else {
      failures -= 1
      throw Busy()
    }
    return "ok"
  }
}

private func retrying<Value: Sendable>(
  times: Int, _ work: () async throws -> Value
) async throws -> Value {
  for attempt in 1..<times {
    do {
      return try await work()
    } catch is FlakyServer.Busy {
      try await Task.sleep(for: .seconds(1 << attempt))
    }
  }
  return try await work()
}

/// Many readers or one writer; whoever waits is served in order of arrival.
private actor ReadWriteLock {
  private var readers = 0
  private var isWriting = false
  private var line: [(isWriter: Bool, continuation: CheckedContinuation<Void, Never>)] = []

  func read() async {
    if !isWriting && line.isEmpty {
      readers += 1
    } else {
      await withCheckedContinuation { line.append((false, $0)) }
    }
  }

  func write() async {
    if !isWriting && readers == 0 && line.isEmpty {
      isWriting = true
    } else {
      await withCheckedContinuation { line.append((true, $0)) }
    }
  }

  func unlock() {
    if isWriting { isWriting = false } else { readers -= 1 }
    while let next = line.first, !isWriting, !next.isWriter || readers == 0 {
      line.removeFirst()
      if next.isWriter { isWriting = true } else { readers += 1 }
      next.continuation.resume()
    }
  }
}

private actor Page {
  private(set) var isBeingWritten = false
  private(set) var versions = 0

  func beginWriting() { isBeingWritten = true }

  func endWriting() {
    isBeingWritten = false
    versions += 1
  }
}
