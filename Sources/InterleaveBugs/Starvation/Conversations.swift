import Dispatch
import Foundation

extension BugProgram {
  /// Tasks block for one another, so that they need a thread each.
  static let conversations = [pingPong, latch, boundedBuffer]

  /// Two tasks take turns by two semaphores.
  private static let pingPong = BugProgram("starved_pingpong", depth: 1, need: .before) {
    isMended in
    let turns = Turns()
    let (ping, pong) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    async let first: Void = {
      if isMended { return await turns.take() }
      ping.signal()
      pong.block()
    }()
    async let second: Void = {
      if isMended { return await turns.take() }
      ping.block()
      pong.signal()
    }()
    _ = await (first, second)
  }

  private actor Turns {
    private var count = 0
    func take() { count += 1 }
  }

  /// All wait at a latch until the last one has come.
  private static let latch = BugProgram("starved_latch", depth: 1, need: .before) { isMended in
    let latch = Latch(3)
    await InterleaveBugs.all(3) { _ in
      latch.arrive()
      if !isMended { latch.wait() }
    }
    latch.wait()
  }

  private final class Latch: @unchecked Sendable {
    private let condition = NSCondition()
    private var missing: Int

    init(_ count: Int) { missing = count }

    func arrive() {
      condition.lock()
      missing -= 1
      condition.broadcast()
      condition.unlock()
    }

    func wait() {
      condition.lock()
      while missing > 0 { condition.wait() }
      condition.unlock()
    }
  }

  /// A producer waits for room in a buffer that a task empties.
  private static let boundedBuffer = BugProgram("starved_buffer", depth: 1, need: .before) {
    isMended in
    let room = DispatchSemaphore(value: isMended ? 3 : 1)
    let taken = Locked(0)
    let (elements, buffer) = AsyncStream.makeStream(of: Int.self)
    let consumer = Task {
      for await element in elements {
        taken { $0 += element }
        room.signal()
      }
    }
    for element in 1...3 {
      room.block()
      buffer.yield(element)
    }
    buffer.finish()
    await consumer.value
    try check(taken.get() == 6, "an element was lost")
  }
}
