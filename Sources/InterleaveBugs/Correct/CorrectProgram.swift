/// A small program that is right in every interleaving, however its steps are interrupted inside.
///
/// It throws a ``BugFound``, or never ends, only where it is run in an order that the real runtime
/// cannot produce.
package struct CorrectProgram: Sendable {
  package let name: String
  package let body: @Sendable () async throws -> Void

  package init(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.body = body
  }

  /// All programs, but for those that use atomics.
  package static let all: [CorrectProgram] =
    locks + lockedCalls + blocking + streams + cancellations + resumptions + groups + actors + times
    + threads
}

/// Runs so many closures, each in a child task and in a step of its own.
package func all(_ count: Int, _ body: @escaping @Sendable (Int) throws -> Void) async rethrows {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for number in 0..<count { group.addTask { try body(number) } }
    try await group.waitForAll()
  }
}

/// Tells whether two are ever inside at once.
package final class Room: @unchecked Sendable {
  private let door = Locked(())
  private var isTaken = false
  private var visits = 0

  package init() {}

  /// Visits the room, in which a step can be interrupted twice.
  package func visit() throws {
    try check(!isTaken, "two were inside at once")
    isTaken = true
    door.get()
    visits += 1
    door.get()
    isTaken = false
  }

  /// Throws unless there were so many visits.
  package func close(after expected: Int) throws {
    try check(visits == expected, "there were \(visits) visits and not \(expected)")
  }
}
