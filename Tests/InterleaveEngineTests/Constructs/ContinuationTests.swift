import InterleaveEngine
import Testing

private struct Oops: Error {}

private actor Gate {
  private var waiters: [CheckedContinuation<Int, Never>] = []
  private var next = 0
  func wait() async -> Int {
    await withCheckedContinuation { waiters.append($0) }
  }
  func open() {
    for waiter in waiters {
      waiter.resume(returning: next)
      next += 1
    }
    waiters = []
  }
  var count: Int { waiters.count }
}

@Suite struct ContinuationTests {
  @Test func aContinuationMayBeResumedBeforeItsTaskSuspends() async throws {
    let values = try await forEverySeed(5, isLikeNative: true) {
      let a = await withCheckedContinuation { $0.resume(returning: 1) }
      let b = await withUnsafeContinuation { $0.resume(returning: 2) }
      let c = try await withCheckedThrowingContinuation { $0.resume(returning: 3) }
      let d = try? await withUnsafeThrowingContinuation { (c: UnsafeContinuation<Int, any Error>) in
        c.resume(throwing: Oops())
      }
      return [a, b, c, d]
    }
    #expect(Set(values) == [[1, 2, 3, nil]])
  }

  @Test func aContinuationMayBeResumedByAnotherTask() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      let gate = Gate()
      return await withTaskGroup(of: [Int].self) { group in
        for _ in 0..<2 { group.addTask { [await gate.wait()] } }
        group.addTask {
          while await gate.count < 2 { await Task.yield() }
          await gate.open()
          return []
        }
        var all: [Int] = []
        for await part in group { all += part }
        return all.sorted()
      }
    }
    #expect(Set(values) == [[0, 1]])
  }

  @Test func aContinuationMayBeResumedByATaskThatIsMadeInIt() async throws {
    let values = try await forEverySeed(isLikeNative: true) {
      await withUnsafeContinuation { continuation in
        Task { continuation.resume(returning: 7) }
      }
    }
    #expect(Set(values) == [7])
  }
}
