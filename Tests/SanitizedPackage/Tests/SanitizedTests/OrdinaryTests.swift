import Dispatch
import Foundation
import Interleave
import Synchronization
import Testing

/// Tests that are not fuzzed, beside those that are: each goes through functions that
/// Interleave stands in for.
@Suite struct OrdinaryTests {
  @Test func threadsCanBeMadeAndWaitedFor() {
    let (lock, done) = (NSLock(), DispatchSemaphore(value: 0))
    nonisolated(unsafe) var count = 0
    for _ in 0..<8 {
      Thread {
        for _ in 0..<100 { lock.withLock { count += 1 } }
        done.signal()
      }.start()
    }
    for _ in 0..<8 { done.wait() }
    #expect(lock.withLock { count } == 800)
  }

  @Test func queuesGroupsAndTimersWork() async {
    let (queue, group) = (DispatchQueue(label: "ordinary"), DispatchGroup())
    let count = Mutex(0)
    for _ in 0..<20 { queue.async(group: group) { count.withLock { $0 += 1 } } }
    await withCheckedContinuation { continuation in
      group.notify(queue: queue) { continuation.resume() }
    }
    await withCheckedContinuation { continuation in
      queue.asyncAfter(deadline: .now() + .milliseconds(5)) { continuation.resume() }
    }
    #expect(queue.sync { count.withLock { $0 } } == 20)
  }

  @Test func tasksActorsAndSleepsWork() async throws {
    let bank = Bank(balance: 0)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<50 { group.addTask { await bank.deposit(1) } }
    }
    try await Task.sleep(for: .milliseconds(5))
    #expect(await bank.balance == 50)
  }

  @Test func filesClocksAndRandomnessWork() throws {
    let path = NSTemporaryDirectory() + UUID().uuidString
    try Data("text".utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "text")
    let began = ContinuousClock.now
    Thread.sleep(forTimeInterval: 0.002)
    #expect(ContinuousClock.now - began >= .milliseconds(2))
  }

  @Test func otherProgramsCanBeRun() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/echo")
    process.arguments = ["said"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let said = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(String(decoding: said, as: UTF8.self) == "said\n")
  }
}
