import Foundation

extension SoundProgram {
  /// Programs over streams.
  static let streams = [
    SoundProgram("a stream that keeps the newest ends with the last element") {
      let (stream, continuation) = AsyncStream.makeStream(
        of: Int.self, bufferingPolicy: .bufferingNewest(1))
      let reader = Task { await stream.reduce(into: [Int]()) { $0.append($1) } }
      for number in 1...3 {
        continuation.yield(number)
        await Task.yield()
      }
      continuation.finish()
      let seen = await reader.value
      try expect(seen.last == 3 && seen == seen.sorted())
    },
    SoundProgram("a stream that keeps the oldest begins with the first element") {
      let (stream, continuation) = AsyncStream.makeStream(
        of: Int.self, bufferingPolicy: .bufferingOldest(2))
      let reader = Task { await stream.reduce(into: [Int]()) { $0.append($1) } }
      for number in 1...4 { continuation.yield(number) }
      continuation.finish()
      let seen = await reader.value
      try expect(seen.first == 1 && seen == seen.sorted())
    },
    SoundProgram("a stream says that it was finished") {
      let ended = Locked("")
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      continuation.onTermination = { reason in ended.with { $0 = "\(reason)" } }
      let reader = Task { for await _ in stream {} }
      continuation.yield(1)
      continuation.finish()
      await reader.value
      try expect(ended.with { $0 } == "finished")
    },
    SoundProgram("a stream whose reader is cancelled says so") {
      let ended = Locked("")
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      continuation.onTermination = { reason in ended.with { $0 = "\(reason)" } }
      let reader = Task { for await _ in stream {} }
      await Task.yield()
      reader.cancel()
      await reader.value
      try expect(ended.with { $0 } == "cancelled")
    },
    SoundProgram("operators keep the order of a stream") {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      let producer = Task {
        for number in 1...4 {
          continuation.yield(number)
          await Task.yield()
        }
        continuation.finish()
      }
      var seen: [Int] = []
      for await number in stream.filter({ $0 % 2 == 0 }).map({ 10 * $0 }) { seen.append(number) }
      await producer.value
      try expect(seen == [20, 40])
    },
    SoundProgram("a reader that has enough leaves") {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      let producer = Task {
        for number in 1...4 {
          if case .terminated = continuation.yield(number) { return }
          await Task.yield()
        }
      }
      var seen: [Int] = []
      for await number in stream.prefix(2) { seen.append(number) }
      await producer.value
      try expect(seen == [1, 2])
    },
    SoundProgram("a failed stream has handed over what came before") {
      let (stream, continuation) = AsyncThrowingStream.makeStream(of: Int.self)
      let producer = Task {
        continuation.yield(1)
        await Task.yield()
        continuation.finish(throwing: Unexpected(description: "broken"))
      }
      var seen: [Int] = []
      do {
        for try await number in stream { seen.append(number) }
        try expect(false)
      } catch let error as Unexpected {
        try expect(error.description == "broken")
      }
      await producer.value
      try expect(seen == [1])
    },
    SoundProgram("a stream that unfolds asks for one element after the other") {
      let source = Tally()
      let stream = AsyncStream<Int> {
        let next = await source.add()
        return next > 3 ? nil : next
      }
      async let noise: Void = Task.yield()
      var seen: [Int] = []
      for await number in stream { seen.append(number) }
      await noise
      try expect(seen == [1, 2, 3])
    },
    SoundProgram("each subscriber hears of every event after it came") {
      let hub = Hub()
      let first = await hub.subscribe()
      let second = await hub.subscribe()
      async let one = first.reduce(0, +)
      async let other = second.reduce(0, +)
      for number in 1...2 { await hub.send(number) }
      await hub.close()
      try expect(await [one, other] == [3, 3])
    },
    SoundProgram("two streams are merged without loss") {
      let merged = AsyncStream.makeStream(of: Int.self)
      let writers = [1, 10].map { base in
        Task {
          for step in 0..<2 {
            merged.continuation.yield(base + step)
            await Task.yield()
          }
        }
      }
      let closer = Task {
        for writer in writers { await writer.value }
        merged.continuation.finish()
      }
      var sum = 0
      for await number in merged.stream { sum += number }
      await closer.value
      try expect(sum == 1 + 2 + 10 + 11)
    },
  ]
}

private actor Hub {
  private var subscribers: [AsyncStream<Int>.Continuation] = []

  func subscribe() -> AsyncStream<Int> {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    subscribers.append(continuation)
    return stream
  }

  func send(_ number: Int) { for subscriber in subscribers { subscriber.yield(number) } }
  func close() { for subscriber in subscribers { subscriber.finish() } }
}
