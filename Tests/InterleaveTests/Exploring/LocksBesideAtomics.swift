import Foundation
import Synchronization

// The unit of this file has atomics, and what Foundation has every unit compile for itself. The
// linker keeps one copy of that for all units.

/// A lock of the program's own, which Foundation's `withLock` takes.
final class AtomicLock: NSLocking, Sendable {
  private let isTaken = Atomic(false)

  func lock() {
    while isTaken.exchange(true, ordering: .acquiring) { Thread.sleep(forTimeInterval: 0) }
  }

  func unlock() { isTaken.store(false, ordering: .releasing) }
}

extension NSLocking {
  /// Is no code of Foundation's, although the type is.
  func takenTwice() {
    withLock {}
    withLock {}
  }
}

final class ProofCount: Sendable {
  private let count = Mutex(0)
  func raise() { count.withLock { $0 += 1 } }
}

private let isLookedAt = Atomic(false)

protocol Lookable {
  func look() -> Bool
}

extension Date: Lookable {
  /// Neither is this.
  func look() -> Bool { isLookedAt.load(ordering: .relaxed) }
}

extension Int: Lookable {
  /// Nor is this code of the standard library.
  func look() -> Bool { isLookedAt.load(ordering: .relaxed) }
}
