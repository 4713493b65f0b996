import Foundation

/// Counts, with nothing that orders those who do.
final class Counter: @unchecked Sendable {
  private(set) var count = 0

  func bump() { count += 1 }
}

/// The same, mended by a lock.
final class LockedCounter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0

  func bump() { lock.withLock { count += 1 } }
}

/// The same, mended by an actor.
actor Owner {
  private(set) var count = 0
  private(set) var numbers: [Int] = []

  func bump() { count += 1 }
  func append(_ number: Int) { numbers.append(number) }
}
