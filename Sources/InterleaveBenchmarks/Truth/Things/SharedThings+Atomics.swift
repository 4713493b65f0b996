import Synchronization

extension SharedThings {
  /// What is made of atomics.
  ///
  /// A file of its own: what stands beside them in one is taken to use them, too.
  static let atomics: [any SharedThing.Type] = [MutexCount.self, AtomicCount.self]
}

private final class MutexCount: SharedThing {
  static let name = "Mutex"
  static let operations = ["add", "read", "tryAdd", "doubleInTwoSections"]
  private let count = Mutex(0)

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0:
      return count.withLock {
        $0 += 1
        return "\($0)"
      }
    case 1: return "\(count.withLock { $0 })"
    case 2:
      let result = count.withLockIfAvailable {
        $0 += 1
        return "\($0)"
      }
      return result ?? "busy"
    default:
      let read = count.withLock { $0 }
      count.withLock { $0 = 2 * read + 1 }
      return "\(read)"
    }
  }
}

private final class AtomicCount: SharedThing {
  static let name = "Atomic"
  static let operations = ["add", "load", "store5", "exchange0For1"]
  private let count = Atomic(0)

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0: return "\(count.wrappingAdd(1, ordering: .sequentiallyConsistent).newValue)"
    case 1: return "\(count.load(ordering: .sequentiallyConsistent))"
    case 2:
      count.store(5, ordering: .sequentiallyConsistent)
      return ""
    default:
      return
        count.compareExchange(expected: 0, desired: 1, ordering: .sequentiallyConsistent).exchanged
        ? "yes" : "no"
    }
  }
}
