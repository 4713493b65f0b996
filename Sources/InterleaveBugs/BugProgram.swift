/// A small program with a known concurrency bug, and its mended twin.
///
/// The bug shows in some interleavings that the real runtime can produce: the
/// program throws a ``BugFound``, or it never ends. The mended twin does neither in
/// any.
package struct BugProgram: Sendable {
  package let name: String
  /// How many ordering constraints bring the bug about, as PCT counts them.
  package let depth: Int
  /// Where a step must be interrupted inside for the bug to show.
  package let need: InsideNeed
  /// Throws, or never ends, where the bug shows.
  package let body: @Sendable () async throws -> Void
  /// Does the same work without the bug.
  package let mended: @Sendable () async throws -> Void

  /// Makes a program whose two versions share their code.
  package init(
    _ name: String, depth: Int, need: InsideNeed = .nothing,
    _ run: @escaping @Sendable (_ isMended: Bool) async throws -> Void
  ) {
    self.name = name
    self.depth = depth
    self.need = need
    body = { try await run(false) }
    mended = { try await run(true) }
  }

  /// All programs whose bugs show in an order of whole steps.
  package static let all: [BugProgram] =
    lostUpdates + publications + initialisations + orders + waits + structures + protocols

  /// All programs whose bugs show only where a step is interrupted inside.
  package static let inside: [BugProgram] =
    sections + lockOrders + openings + cancellations + resumptions + makings + streams

  /// All programs whose bugs show in an order of what threads do that they make.
  package static let threads: [BugProgram] = threadSharing + threadWaiting + threadProtocols

  /// All programs that block the threads of the pool, so that nobody can let them go on.
  package static let starvation: [BugProgram] = bridges + heldAcross + conversations + reads

  /// It makes threads.
  package var hasThreads: Bool { Self.threads.contains { $0.name == name } }

  /// Others have published what it takes them to find its bug.
  package var isCompared: Bool { Self.compared.contains { $0.name == name } }

  /// The program with the given name.
  package static func named(_ name: String) -> BugProgram? {
    (all + compared + inside + starvation + threads + [needle]).first { $0.name == name }
  }
}

/// Where a step must be interrupted inside for the bug of a program to show.
package enum InsideNeed: Sendable {
  /// Nowhere: it shows in an order of whole steps.
  case nothing
  /// Before an operation such as taking a lock, cancelling, resuming a continuation, or changing an
  /// atomic.
  case before
  /// After a task was made or woken, or a lock was given back.
  case after
}

/// The bug of a program has shown.
package struct BugFound: Error, CustomStringConvertible {
  package let description: String
}

/// Throws unless something holds.
package func check(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws {
  if !holds { throw BugFound(description: otherwise()) }
}
