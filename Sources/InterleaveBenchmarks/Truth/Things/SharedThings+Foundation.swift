import Foundation
import Observation

extension SharedThings {
  static let foundation: [any SharedThing.Type] = [
    Defaults.self, Notifications.self, Fractions.self, WorkItem.self, Specifics.self,
    CancellableOperation.self, ThreadValues.self, ObservedCount.self, Cache.self,
  ]
}

private final class Defaults: SharedThing, @unchecked Sendable {
  static let name = "UserDefaults"
  static let operations = ["add", "read", "remove"]
  private static let key = "interleave.truth.count"
  private let defaults = UserDefaults.standard

  init(place: Int) { defaults.removeObject(forKey: Self.key) }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0: defaults.set(defaults.integer(forKey: Self.key) + 1, forKey: Self.key)
    case 1: return "\(defaults.integer(forKey: Self.key))"
    default: defaults.removeObject(forKey: Self.key)
    }
    return ""
  }

  func end() -> String {
    defer { defaults.removeObject(forKey: Self.key) }
    return "\(defaults.integer(forKey: Self.key))"
  }
}

private final class Notifications: SharedThing, @unchecked Sendable {
  static let name = "NotificationCenter"
  static let operations = ["post", "observe", "count"]
  private static let event = Notification.Name("interleave.truth.event")
  private let center = NotificationCenter()
  private let lock = NSLock()
  private var count = 0
  private var observers: [any NSObjectProtocol] = []

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0: center.post(name: Self.event, object: nil)
    case 1:
      let observer = center.addObserver(forName: Self.event, object: nil, queue: nil) {
        [weak self] _ in
        self?.add()
      }
      lock.withLock { observers.append(observer) }
    default: return "\(lock.withLock { count })"
    }
    return ""
  }

  private func add() { lock.withLock { count += 1 } }

  func end() -> String {
    for observer in observers { center.removeObserver(observer) }
    return "\(count)"
  }
}

private final class Fractions: SharedThing, @unchecked Sendable {
  static let name = "Progress"
  static let operations = ["advance", "read", "cancel", "isCancelled"]
  private let progress = Progress(totalUnitCount: 8)

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0: progress.completedUnitCount = 1
    case 1: return "\(progress.completedUnitCount)"
    case 2: progress.cancel()
    default: return progress.isCancelled ? "cancelled" : "not"
    }
    return ""
  }
}

private final class WorkItem: SharedThing, @unchecked Sendable {
  static let name = "DispatchWorkItem"
  static let operations = ["cancel", "isCancelled"]
  private let item = DispatchWorkItem {}

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    if operation == 1 { return item.isCancelled ? "cancelled" : "not" }
    item.cancel()
    return ""
  }
}

private final class Specifics: SharedThing, @unchecked Sendable {
  static let name = "DispatchQueue.setSpecific"
  static let operations = ["set", "get"]
  private let queue = DispatchQueue(label: "specifics")
  private let key = DispatchSpecificKey<String>()

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    // Who sets it frees what another one may be about to read.
    user.inTurn {
      if operation == 1 { return queue.getSpecific(key: key) ?? "unset" }
      queue.setSpecific(key: key, value: user.name)
      return ""
    }
  }
}

private final class CancellableOperation: SharedThing, @unchecked Sendable {
  static let name = "Operation"
  static let operations = ["cancel", "isCancelled"]
  private let operation = BlockOperation {}

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    if operation == 1 { return self.operation.isCancelled ? "cancelled" : "not" }
    self.operation.cancel()
    return ""
  }
}

/// What belongs to a thread: under control, all tasks run on one.
private final class ThreadValues: SharedThing {
  static let name = "Thread.threadDictionary"
  static let operations = ["set", "get"]
  static let isComparable = false
  private static let key = "interleave.truth"

  init(place: Int) { Thread.current.threadDictionary.removeObject(forKey: Self.key) }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    if operation == 1 {
      return Thread.current.threadDictionary[Self.key] as? String ?? "unset"
    }
    Thread.current.threadDictionary[Self.key] = user.name
    return ""
  }
}

/// A model of the main actor that is observed.
private final class ObservedCount: SharedThing {
  static let name = "Observation"
  static let operations = ["changes"]
  static let waits = ["track", "change"]
  @MainActor @Observable final class Model {
    nonisolated init() {}
    var count = 0
  }

  private let model = Model()
  private let changes = Changes()

  private final class Changes: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0
    func add() { lock.withLock { count += 1 } }
    var value: Int { lock.withLock { count } }
  }

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String { "\(changes.value)" }

  func wait(
    _ operation: Int, by user: Participant, isolation: isolated (any Actor)?
  ) async -> String {
    if operation == 0 { return await track() }
    return await change()
  }

  @MainActor private func track() -> String {
    let count = withObservationTracking {
      model.count
    } onChange: { [changes] in
      changes.add()
    }
    return "\(count)"
  }

  @MainActor private func change() -> String {
    model.count += 1
    return "\(model.count)"
  }
}

private final class Cache: SharedThing, @unchecked Sendable {
  static let name = "NSCache"
  static let operations = ["set", "get", "removeAll"]
  private final class Entry: Sendable {
    let name: String
    init(_ name: String) { self.name = name }
  }
  private let cache = NSCache<NSString, Entry>()

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0: cache.setObject(Entry(user.name), forKey: "entry")
    case 1: return cache.object(forKey: "entry")?.name ?? "none"
    default: cache.removeAllObjects()
    }
    return ""
  }
}
