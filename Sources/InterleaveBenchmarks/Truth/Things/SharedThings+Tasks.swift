import Foundation
import InterleaveEngine

extension SharedThings {
  static let tasks: [any SharedThing.Type] = [
    CancelledTask.self, WeakObject.self, MortalObject.self, WeakActor.self, UniqueObject.self,
    Priorities.self, Inheritance.self,
  ]
}

/// A task that has ended, whom anybody may cancel.
private final class CancelledTask: SharedThing {
  static let name = "Task.cancel and isCancelled of an ended task"
  static let operations = ["cancel", "isCancelled"]
  private let task = Task {}

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    if operation == 1 { return task.isCancelled ? "cancelled" : "not" }
    task.cancel()
    return ""
  }
}

/// Knows an object without keeping it alive.
private final class Mark<Object: AnyObject>: @unchecked Sendable {
  private(set) weak var object: Object?

  func placed(on object: Object) -> Object {
    self.object = object
    return object
  }
}

private final class WeakObject: SharedThing {
  static let name = "weak reference"
  static let operations = ["drop", "look"]
  private final class Object: Sendable {}
  private let mark = Mark<Object>()
  private let place: Int

  init(place: Int) { self.place = place }

  var heirloom: AnyObject? { mark.placed(on: Object()) }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    if operation == 1 { return mark.object == nil ? "gone" : "there" }
    user.drop(place)
    return ""
  }
}

/// An object whose `deinit` is seen.
private final class MortalObject: SharedThing, @unchecked Sendable {
  static let name = "deinit"
  static let operations = ["drop", "look"]
  private final class Object: @unchecked Sendable {
    let grave: Grave
    init(_ grave: Grave) { self.grave = grave }
    deinit { grave.close() }
  }
  private final class Grave: @unchecked Sendable {
    private let lock = NSLock()
    private var closed = false
    func close() { lock.withLock { closed = true } }
    var isClosed: Bool { lock.withLock { closed } }
  }

  private let grave = Grave()
  private let place: Int

  init(place: Int) { self.place = place }

  var heirloom: AnyObject? { Object(grave) }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    if operation == 1 { return grave.isClosed ? "dead" : "alive" }
    user.drop(place)
    return ""
  }
}

private final class WeakActor: SharedThing {
  static let name = "weak actor"
  static let operations = ["drop"]
  static let waits = ["visit"]
  private actor Host {
    private var visits = 0
    func visit() -> Int {
      visits += 1
      return visits
    }
  }

  private let mark = Mark<Host>()
  private let place: Int

  init(place: Int) { self.place = place }

  var heirloom: AnyObject? { mark.placed(on: Host()) }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    user.drop(place)
    return ""
  }

  func wait(
    _ operation: Int, by user: Participant, isolation: isolated (any Actor)?
  ) async -> String {
    let visits = await mark.object?.visit()
    return visits.map { "\($0)" } ?? "gone"
  }
}

private final class UniqueObject: SharedThing {
  static let name = "isKnownUniquelyReferenced"
  static let operations = ["drop", "look"]
  private final class Object: Sendable {}
  private let place: Int

  init(place: Int) { self.place = place }

  var heirloom: AnyObject? { Object() }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    guard place < user.heirlooms.count else { return "" }
    var mine = user.heirlooms[place]
    user.heirlooms[place] = nil
    guard operation == 1, mine != nil else { return "" }
    let isUnique = isKnownUniquelyReferenced(&mine)
    user.heirlooms[place] = mine
    return isUnique ? "unique" : "shared"
  }
}

private final class Priorities: SharedThing {
  static let name = "Task.currentPriority"
  static let operations = ["look"]
  static let waits = ["urgently"]
  static let isComparable = false

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    "\(Task.currentPriority.rawValue)"
  }

  func wait(
    _ operation: Int, by user: Participant, isolation: isolated (any Actor)?
  ) async -> String {
    await Task(priority: .high) { "\(Task.currentPriority.rawValue)" }.value
  }
}

private final class Inheritance: SharedThing {
  static let name = "task-local value"
  static let operations = ["look"]
  static let waits = ["bind"]
  @TaskLocal private static var value = "unbound"

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String { Self.value }

  func wait(
    _ operation: Int, by user: Participant, isolation: isolated (any Actor)?
  ) async -> String {
    await Self.$value.withValue(user.name) {
      await Task { Self.value }.value
    }
  }
}
