import Foundation

/// A thread that does what it is given, one after the other, until it is told to end.
final class WorkingThread: @unchecked Sendable {
  private let condition = NSCondition()
  private var work: [@Sendable () -> Void] = []
  private var isOver = false
  private var thread: pthread_t?

  init(named name: String? = nil) {
    Thread.detachNewThread { [self] in
      condition.withLock { thread = pthread_self() }
      while let next = next() {
        // Whoever made the thread has gone on by now: before, it may not get its name.
        if let name { Thread.current.name = name }
        next()
      }
    }
  }

  var isCurrent: Bool {
    condition.withLock { thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
  }

  private func next() -> (@Sendable () -> Void)? {
    condition.withLock {
      while work.isEmpty, !isOver { condition.wait() }
      return work.isEmpty ? nil : work.removeFirst()
    }
  }

  func perform(_ job: @escaping @Sendable () -> Void) {
    condition.withLock {
      work.append(job)
      condition.signal()
    }
  }

  func end() {
    condition.withLock {
      isOver = true
      condition.signal()
    }
  }
}
