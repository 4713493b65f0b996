import Foundation
import Testing

/// Tests that nobody fuzzes, and that keep the runtime busy meanwhile.
@Suite struct Ordinary {
  @Test(arguments: 0..<6) func actorsCallActors(n: Int) async {
    let shop = Shop { $0.append(n) }
    await withTaskGroup { group in
      for _ in 0..<20 {
        group.addTask { for _ in 0..<25 { await shop.sell() } }
      }
    }
    #expect(await shop.items == 501)
  }

  @Test(arguments: 0..<6) func sleepsTakeTheirTime(n: Int) async throws {
    let start = ContinuousClock.now
    for _ in 0..<(n * 10) { try await Task.sleep(for: .milliseconds(4)) }
    #expect(ContinuousClock.now - start >= .milliseconds(n * 40))
    #expect(abs(Date().timeIntervalSince1970 - fileTime()) < 60)
  }

  @Test(arguments: 0..<4) func queuesAndGroups(n: Int) async {
    let queue = DispatchQueue(label: "trust.\(n)")
    for _ in 0..<40 {
      let number = await withCheckedContinuation { (done: CheckedContinuation<Int, Never>) in
        queue.async { DispatchQueue.global().async { done.resume(returning: n) } }
      }
      #expect(number == n)
    }
  }

  @Test(arguments: 0..<4) func everybodysLockIsFree(n: Int) async {
    for _ in 0..<50 {
      everybodys.withLock { $0 &+= 1 }
      await Task.yield()
    }
  }

  @Test func theMainActorServesEveryone() async {
    let counter = MainCounter()
    await withTaskGroup { group in
      for _ in 0..<50 {
        group.addTask {
          await counter.bump()
          await Task.yield()
        }
      }
    }
    #expect(await counter.value == 50)
  }

  @Test func streamsDeliverInOrder() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
    Task.detached {
      for n in 0..<500 {
        continuation.yield(n)
        if n.isMultiple(of: 50) { await Task.yield() }
      }
      continuation.finish()
    }
    var received: [Int] = []
    for await n in stream { received.append(n) }
    #expect(received == Array(0..<500))
  }

  @Test func fails() async {
    await Task.yield()
    #expect(Bool(false), "an ordinary failure")
  }

  /// Seconds since 1970 as a clock says that no run makes virtual: the file system's.
  private func fileTime() -> Double {
    let path = FileManager.default.temporaryDirectory.path + "/clock-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let date = attributes[.modificationDate] as? Date
    else { return 0 }
    return date.timeIntervalSince1970
  }
}
