import Synchronization

/// An atomic that is counted up, to measure what that costs.
package final class AtomicCounter: Sendable {
  private let value = Atomic(0)

  package init() {}

  package func count(_ times: Int) {
    for _ in 0..<times { value.add(1, ordering: .relaxed) }
  }
}
