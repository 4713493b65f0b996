import Foundation
import Synchronization

/// Small programs of two tasks that share something beside actors.
enum SharingProgram: String, CaseIterable, Sendable {
  case mutexInAGlobal, mutexInAClass, atomicCounter
  /// Only loaded and stored, which takes no special instruction.
  case atomicFlag, atomicFlagInAGlobal, atomicFlagInAStruct, atomicFlagInAClosure
  case atomicFlagOfTheOutside

  func run() async {
    switch self {
    case .mutexInAGlobal:
      await both {
        raiseTotal()
      } and: {
        raiseTotal()
      }
    case .mutexInAClass:
      let total = Total()
      await both {
        total.raise()
      } and: {
        total.raise()
      }
    case .atomicCounter:
      let counter = Counter()
      await both {
        counter.raise()
      } and: {
        counter.raise()
      }
    case .atomicFlag:
      let flag = Flag()
      await both {
        flag.set()
      } and: {
        _ = flag.isSet()
      }
    case .atomicFlagInAGlobal:
      await both {
        setGlobalFlag()
      } and: {
        _ = globalFlagIsSet()
      }
    case .atomicFlagInAStruct:
      let holder = Holder()
      await both {
        holder.set()
      } and: {
        _ = holder.isSet()
      }
    case .atomicFlagInAClosure:
      let flag = Atomic(false)
      let set: @Sendable () -> Void = { flag.store(true, ordering: .releasing) }
      let look: @Sendable () -> Void = { _ = flag.load(ordering: .acquiring) }
      await both(set, and: look)
    case .atomicFlagOfTheOutside:
      await both {
        outside.set()
      } and: {
        _ = outside.isSet()
      }
    }
  }

  private func both(
    _ one: @escaping @Sendable () -> Void, and other: @escaping @Sendable () -> Void
  ) async {
    let first = Place()
    let second = Place()
    async let left: Void = first.perform(one)
    async let right: Void = second.perform(other)
    _ = await (left, right)
  }
}

private actor Place {
  private var performed = 0

  func perform(_ work: @Sendable () -> Void) {
    performed += 1
    work()
  }
}

private let total = Mutex(0)

private func raiseTotal() {
  total.withLock { $0 += 1 }
}

private final class Total: Sendable {
  private let value = Mutex(0)

  func raise() { value.withLock { $0 += 1 } }
}

private final class Counter: Sendable {
  private let value = Atomic(0)

  func raise() { value.add(1, ordering: .relaxed) }
}

private final class Flag: Sendable {
  private let value = Atomic(false)

  func set() { value.store(true, ordering: .releasing) }
  func isSet() -> Bool { value.load(ordering: .acquiring) }
}

private let outside: some SettableFlag = Flag()

private protocol SettableFlag: Sendable {
  func set()
  func isSet() -> Bool
}

extension Flag: SettableFlag {}

private let globalFlag = Atomic(false)

private func setGlobalFlag() { globalFlag.store(true, ordering: .releasing) }
private func globalFlagIsSet() -> Bool { globalFlag.load(ordering: .acquiring) }

private struct Flags: ~Copyable {
  let first = Atomic(false)
}

private final class Holder: Sendable {
  private let flags = Flags()

  func set() { flags.first.store(true, ordering: .relaxed) }
  func isSet() -> Bool { flags.first.load(ordering: .relaxed) }
}
