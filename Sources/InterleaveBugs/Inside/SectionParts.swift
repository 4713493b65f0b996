import Foundation

/// Counts under a lock that may be tried.
final class TriedWork: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var count = 0

  func count(waits: Bool, note: () -> Void) {
    if waits {
      lock.lock()
    } else if !lock.try() {
      return
    }
    count += 1
    note()
    lock.unlock()
  }
}

/// A table behind a lock of many readers.
final class SharedTable: @unchecked Sendable {
  private let lock = ReadWriteLock()
  private(set) var entries = 0

  var hasEntry: Bool {
    lock.read()
    defer { lock.unlock() }
    return entries > 0
  }

  func add(looksAgain: Bool) {
    lock.write()
    defer { lock.unlock() }
    if looksAgain, entries > 0 { return }
    entries += 1
  }
}
