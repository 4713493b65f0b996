extension CorrectProgram {
  /// Streams with all kinds of buffers.
  static let streams = [
    ownOrders, oldest, newest, counted, failed, terminatedOnce, readerCancelled, afterFinish,
    unfolded, finishedInside, handedOn,
  ]

  private static let ownOrders = CorrectProgram("a stream keeps each producer's order") {
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    async let producing: Void = {
      await both(
        { for number in 1...3 { continuation.yield(number) } },
        { for number in 11...13 { continuation.yield(number) } })
      continuation.finish()
    }()
    var seen: [Int] = []
    for await element in stream { seen.append(element) }
    await producing
    try check(seen.filter { $0 < 10 } == [1, 2, 3], "the stream gave \(seen)")
    try check(seen.filter { $0 > 10 } == [11, 12, 13], "the stream gave \(seen)")
  }

  private static let oldest = CorrectProgram("a buffer of the oldest") {
    let (stream, continuation) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingOldest(1))
    async let dropped = {
      var dropped: [Int] = []
      for number in 1...3 {
        if case .dropped(let element) = continuation.yield(number) { dropped.append(element) }
      }
      continuation.finish()
      return dropped
    }()
    var seen: [Int] = []
    for await element in stream { seen.append(element) }
    let lost = await dropped
    try check(seen.first == 1, "the first was dropped")
    try check((seen + lost).sorted() == [1, 2, 3], "seen were \(seen), dropped \(lost)")
    try check(seen == seen.sorted(), "the stream gave \(seen)")
  }

  private static let newest = CorrectProgram("a buffer of the newest") {
    let (stream, continuation) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
    async let dropped = {
      var dropped: [Int] = []
      for number in 1...4 {
        if case .dropped(let element) = continuation.yield(number) { dropped.append(element) }
      }
      continuation.finish()
      return dropped
    }()
    var seen: [Int] = []
    for await element in stream { seen.append(element) }
    let lost = await dropped
    try check(seen.last == 4, "the newest was dropped")
    try check((seen + lost).sorted() == [1, 2, 3, 4], "seen were \(seen), dropped \(lost)")
    try check(seen == seen.sorted(), "the stream gave \(seen)")
  }

  private static let counted = CorrectProgram("a buffer of two, with two producers") {
    let (stream, continuation) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(2))
    let dropped = Locked(0)
    async let producing: Void = {
      await InterleaveBugs.all(2) { number in
        for _ in 0..<3 {
          if case .dropped = continuation.yield(number) { dropped { $0 += 1 } }
        }
      }
      continuation.finish()
    }()
    var seen = 0
    for await _ in stream { seen += 1 }
    await producing
    try check(seen + dropped.get() == 6, "\(seen) were seen and \(dropped.get()) dropped")
  }

  private struct Failure: Error {}

  private static let failed = CorrectProgram("a stream that fails gives all that came before") {
    let (stream, continuation) = AsyncThrowingStream<Int, any Error>.makeStream()
    async let producing: Void = {
      continuation.yield(1)
      continuation.yield(2)
      continuation.finish(throwing: Failure())
    }()
    var seen: [Int] = []
    do {
      for try await element in stream { seen.append(element) }
      throw BugFound(description: "the failure did not come")
    } catch is Failure {}
    await producing
    try check(seen == [1, 2], "the stream gave \(seen)")
  }

  private static let terminatedOnce = CorrectProgram("a stream ends once") {
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let ends = Locked(0)
    continuation.onTermination = { _ in ends { $0 += 1 } }
    async let finishing: Void = both({ continuation.finish() }, { continuation.finish() })
    for await _ in stream {}
    await finishing
    try check(ends.get() == 1, "the stream ended \(ends.get()) times")
  }

  private static let readerCancelled = CorrectProgram("a reader is cancelled beside a producer") {
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let ends = Locked(0)
    continuation.onTermination = { _ in ends { $0 += 1 } }
    let reader = Task {
      var last = 0
      for await element in stream {
        guard element == last + 1 else { return false }
        last = element
      }
      return true
    }
    let producer = Task { for number in 1...3 { continuation.yield(number) } }
    reader.cancel()
    await producer.value
    try check(await reader.value, "an element was lost before others came")
    try check(ends.get() == 1, "the stream ended \(ends.get()) times")
    guard case .terminated = continuation.yield(4) else {
      throw BugFound(description: "a stream that ended takes elements")
    }
  }

  private static let afterFinish = CorrectProgram("nothing comes after a stream's end") {
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let accepted = Locked(0)
    await both(
      {
        for number in 1...3 {
          if case .enqueued = continuation.yield(number) { accepted { $0 += 1 } }
        }
      },
      { continuation.finish() })
    var seen = 0
    for await _ in stream { seen += 1 }
    try check(seen == accepted.get(), "\(accepted.get()) were accepted, \(seen) came")
  }

  private static let unfolded = CorrectProgram("a stream that is asked for each element") {
    let next = Locked(0)
    let stream = AsyncStream<Int> {
      next {
        $0 += 1
        return $0 <= 3 ? $0 : nil
      }
    }
    async let other: Void = {
      await Task.yield()
      _ = next.get()
    }()
    var seen: [Int] = []
    for await element in stream { seen.append(element) }
    await other
    try check(seen == [1, 2, 3], "the stream gave \(seen)")
  }

  private static let finishedInside = CorrectProgram("a stream's end ends another") {
    let (first, one) = AsyncStream<Int>.makeStream()
    let (second, other) = AsyncStream<Int>.makeStream()
    one.onTermination = { _ in other.finish() }
    let reader = Task { for await _ in second {} }
    async let yielding: Void = {
      other.yield(1)
      other.yield(2)
    }()
    one.finish()
    for await _ in first {}
    _ = await (reader.value, yielding)
  }

  private static let handedOn = CorrectProgram("elements are handed from stream to stream") {
    let (first, one) = AsyncStream<Int>.makeStream()
    let (second, other) = AsyncStream<Int>.makeStream()
    async let handing: Void = {
      for await element in first { other.yield(2 * element) }
      other.finish()
    }()
    async let producing: Void = {
      for number in 1...3 { one.yield(number) }
      one.finish()
    }()
    var sum = 0
    for await element in second { sum += element }
    _ = await (handing, producing)
    try check(sum == 12, "the sum was \(sum)")
  }
}
