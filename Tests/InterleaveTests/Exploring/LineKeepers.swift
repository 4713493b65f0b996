import Dispatch
import Foundation

/// Keeps lines in the order in which they were entered.
protocol LineKeeper: Sendable {
  func enter(_ line: String)
}

final class LockedLines: LineKeeper, @unchecked Sendable {
  private let lock = NSLock()
  private var entered: [String] = []

  var lines: [String] { lock.withLock { entered } }

  func enter(_ line: String) { lock.withLock { entered.append(line) } }
}

final class QueuedLines: LineKeeper, @unchecked Sendable {
  private let queue = DispatchQueue(label: "lines")
  private var entered: [String] = []

  var lines: [String] { queue.sync { entered } }

  func enter(_ line: String) { queue.sync { entered.append(line) } }
}

/// Enters lines from an actor of its own.
actor Clerk {
  private var count = 0

  func enter(_ line: String, in keeper: some LineKeeper) {
    count += 1
    keeper.enter(line)
  }
}

/// The orders that were seen in all runs of a body.
final class Orders: @unchecked Sendable {
  private let lock = NSLock()
  private var orders: Set<[String]> = []

  var seen: Set<[String]> { lock.withLock { orders } }

  func add(_ order: [String]) { _ = lock.withLock { orders.insert(order) } }
}
