import Interleave

extension SoundProgram {
  /// Programs that wait on continuations.
  static let continuations = [
    SoundProgram("a callback is bridged once") {
      let service = CallbackService()
      async let one = service.value(1)
      async let other = service.value(2)
      await service.answer()
      let early = await service.answerOften()
      try expect(await one + other == 30 && early >= 0)
    },
    SoundProgram("a promise is kept for all who wait, early or late") {
      let promise = Promise()
      async let early = promise.value
      async let kept: Void = promise.keep("kept")
      try expect(await early == "kept")
      await kept
      try expect(await promise.value == "kept")
    },
    SoundProgram("a promise is kept once, by whoever is first") {
      let promise = Promise()
      async let one: Void = promise.keep("one")
      async let other: Void = promise.keep("other")
      _ = await (one, other)
      let value = await promise.value
      try expect(value == "one" || value == "other")
      try expect(await promise.value == value)
    },
    SoundProgram("a latch opens when all have counted down") {
      let latch = Latch(count: 2)
      let tally = Tally()
      let waiter = Task {
        await latch.wait()
        return await tally.value
      }
      for _ in 0..<2 {
        Task {
          await tally.add()
          await latch.countDown()
        }
      }
      try expect(await waiter.value == 2)
    },
    SoundProgram("who waits in line is served in line") {
      let line = Line()
      await line.acquire()
      let tally = Tally()
      var tasks: [Task<Void, Never>] = []
      for name in ["first", "second"] {
        tasks.append(
          Task {
            await line.acquire()
            await tally.note(name)
            await line.release()
          })
        await waitUntilIdle()
      }
      await line.release()
      for task in tasks { await task.value }
      try expect(await tally.entries == ["first", "second"])
    },
    SoundProgram("a result that fails is handed to its waiter") {
      let box = ResultBox()
      let waiter = Task { try await box.wait() }
      let failing = Task { await box.finish(.failure(Unexpected(description: "no"))) }
      let result = await waiter.result
      await failing.value
      guard case .failure(let error) = result else { throw Unexpected(description: "succeeded") }
      try expect("\(error)" == "no")
    },
    SoundProgram("a rendezvous brings two together") {
      let rendezvous = Rendezvous()
      async let left = rendezvous.meet("left")
      async let right = rendezvous.meet("right")
      try expect(await [left, right] == ["right", "left"])
    },
    SoundProgram("a conflated signal wakes its listener at least once") {
      let signal = ConflatedSignal()
      let listener = Task { await signal.next() }
      for _ in 0..<3 { await signal.fire() }
      try expect(await listener.value >= 1)
    },
  ]
}

private actor CallbackService {
  private var callbacks: [(Int, @Sendable (Int) -> Void)] = []
  private var answered = 0

  func value(_ number: Int) async -> Int {
    await withCheckedContinuation { continuation in
      callbacks.append((number, { continuation.resume(returning: $0) }))
    }
  }

  func answer() {
    for (number, callback) in callbacks { callback(10 * number) }
    answered += callbacks.count
    callbacks = []
  }

  func answerOften() async -> Int {
    var turns = 0
    while answered < 2 {
      answer()
      turns += 1
      await Task.yield()
    }
    return turns
  }
}

private actor Promise {
  private var kept: String?
  private var waiters: [CheckedContinuation<String, Never>] = []

  var value: String {
    get async {
      if let kept { return kept }
      return await withCheckedContinuation { waiters.append($0) }
    }
  }

  func keep(_ value: String) {
    guard kept == nil else { return }
    kept = value
    for waiter in waiters { waiter.resume(returning: value) }
    waiters = []
  }
}

private actor Latch {
  private var count: Int
  private var waiters: [CheckedContinuation<Void, Never>] = []

  init(count: Int) { self.count = count }

  func wait() async {
    if count > 0 { await withCheckedContinuation { waiters.append($0) } }
  }

  func countDown() {
    count -= 1
    guard count == 0 else { return }
    for waiter in waiters { waiter.resume() }
    waiters = []
  }
}

private actor Line {
  private var isTaken = false
  private var line: [CheckedContinuation<Void, Never>] = []

  func acquire() async {
    if isTaken {
      await withCheckedContinuation { line.append($0) }
    } else {
      isTaken = true
    }
  }

  func release() {
    if line.isEmpty { isTaken = false } else { line.removeFirst().resume() }
  }
}

private actor ResultBox {
  private var result: Result<Int, any Error>?
  private var waiter: CheckedContinuation<Int, any Error>?

  func wait() async throws -> Int {
    if let result { return try result.get() }
    return try await withCheckedThrowingContinuation { waiter = $0 }
  }

  func finish(_ result: Result<Int, any Error>) {
    self.result = result
    waiter?.resume(with: result)
    waiter = nil
  }
}

private actor Rendezvous {
  private var first: (String, CheckedContinuation<String, Never>)?

  func meet(_ name: String) async -> String {
    if let (other, continuation) = first {
      first = nil
      continuation.resume(returning: name)
      return other
    }
    return await withCheckedContinuation { first = (name, $0) }
  }
}

private actor ConflatedSignal {
  private var count = 0
  private var listener: UnsafeContinuation<Void, Never>?

  func fire() {
    count += 1
    listener?.resume()
    listener = nil
  }

  func next() async -> Int {
    if count == 0 { await withUnsafeContinuation { listener = $0 } }
    return count
  }
}
