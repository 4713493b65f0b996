import InterleaveEngine
import Synchronization
import Testing

private struct Oops: Error {}

private actor Reader {
  var seen: [Int] = []
  func read(_ stream: AsyncStream<Int>) async -> [Int] {
    for await n in stream {
      preconditionIsolated()
      seen.append(n)
    }
    return seen
  }
  func readThrowing(_ stream: AsyncThrowingStream<Int, any Error>) async -> [Int] {
    do {
      for try await n in stream { seen.append(n) }
    } catch {
      seen.append(-1)
    }
    return seen
  }
}

@Suite struct StreamTests {
  @Test func aStreamIsReadInOrder() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      let writer = Task {
        for n in 0..<3 {
          continuation.yield(n)
          await Task.yield()
        }
        continuation.finish()
      }
      var seen: [Int] = []
      for await n in stream { seen.append(n) }
      await writer.value
      return seen
    }
    #expect(Set(values) == [[0, 1, 2]])
  }

  @Test func aStreamIsReadOnAnActor() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      let reader = Reader()
      async let seen = reader.read(stream)
      for n in 0..<3 {
        continuation.yield(n)
        await Task.yield()
      }
      continuation.finish()
      return await seen
    }
    #expect(Set(values) == [[0, 1, 2]])
  }

  @Test func aThrowingStreamIsReadOnAnActor() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let (stream, continuation) = AsyncThrowingStream.makeStream(of: Int.self)
      let reader = Reader()
      async let seen = reader.readThrowing(stream)
      for n in 0..<2 {
        continuation.yield(n)
        await Task.yield()
      }
      continuation.finish(throwing: Oops())
      return await seen
    }
    #expect(Set(values) == [[0, 1, -1]])
  }

  @Test func aStreamIsUnfoldedAndMappedOnTheMainActor() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      await Task { @MainActor in
        let produced = Mutex(0)
        let stream = AsyncStream<Int> {
          let n = produced.withLock {
            $0 += 1
            return $0
          }
          return n <= 3 ? n : nil
        }
        var seen: [Int] = []
        for await n in stream.map({ $0 * 2 }).filter({ $0 != 4 }) {
          MainActor.preconditionIsolated()
          seen.append(n)
        }
        return seen
      }.value
    }
    #expect(Set(values) == [[2, 6]])
  }

  @Test func aCancelledReaderEndsItsStream() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
      let reader = Reader()
      let task = Task { await reader.read(stream) }
      continuation.yield(1)
      await Task.yield()
      task.cancel()
      _ = continuation
      return await task.value.count <= 1
    }
    #expect(Set(values) == [true])
  }
}
