import Foundation

extension SoundProgram {
  /// Programs that hand work to libdispatch and Foundation, and wait for it.
  static let bridges = [
    SoundProgram("work on a queue is awaited", escapes: true) {
      let queue = DispatchQueue(label: "work")
      let work: @Sendable (Int) async -> Int = { number in
        await withCheckedContinuation { continuation in
          queue.async { continuation.resume(returning: number) }
        }
      }
      async let one = work(1)
      async let other = work(2)
      try expect(await one + other == 3)
    },
    SoundProgram("a group of queued work notifies when it is done", escapes: true) {
      async let noise: Void = Task.yield()
      let sum = Locked(0)
      await withCheckedContinuation { continuation in
        let group = DispatchGroup()
        for number in 1...2 {
          DispatchQueue.global().async(group: group) { sum.with { $0 += number } }
        }
        group.notify(queue: .global()) { continuation.resume() }
      }
      await noise
      try expect(sum.with { $0 } == 3)
    },
    SoundProgram("an operation that ends resumes who waits", escapes: true) {
      async let noise: Void = Task.yield()
      let queue = OperationQueue()
      let value = await withCheckedContinuation { continuation in
        queue.addOperation { continuation.resume(returning: 5) }
      }
      await noise
      try expect(value == 5)
    },
    SoundProgram("a thread of one's own hands over its result", escapes: true) {
      async let noise: Void = Task.yield()
      let value = await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: 6) }
      }
      await noise
      try expect(value == 6)
    },
    SoundProgram("a notification reaches its observers") {
      let center = NotificationCenter()
      let name = Notification.Name("sound")
      let count = Locked(0)
      let observer = center.addObserver(forName: name, object: nil, queue: nil) { _ in
        count.with { $0 += 1 }
      }
      await both {
        center.post(name: name, object: nil)
      } and: {
        center.post(name: name, object: nil)
      }
      center.removeObserver(observer)
      try expect(count.with { $0 } == 2)
    },
    SoundProgram("a semaphore that was signalled does not block") {
      let semaphore = DispatchSemaphore(value: 1)
      let tally = Locked(0)
      let work: @Sendable () -> Void = {
        semaphore.wait()
        tally.with { $0 += 1 }
        semaphore.signal()
      }
      await both(work, and: work)
      try expect(tally.with { $0 } == 2)
    },
  ]
}
