/// A small program with a known concurrency bug, and its mended twin.
///
/// The bug shows in some interleavings that the real runtime can produce: the
/// program throws a ``BugFound``, or it never ends. The mended twin does neither in
/// any.
package struct BugProgram: Sendable {
  package let name: String
  /// How many ordering constraints bring the bug about, as PCT counts them.
  package let depth: Int
  /// Throws, or never ends, where the bug shows.
  package let body: @Sendable () async throws -> Void
  /// Does the same work without the bug.
  package let mended: @Sendable () async throws -> Void

  /// Makes a program whose two versions share their code.
  init(
    _ name: String, depth: Int, _ run: @escaping @Sendable (_ isMended: Bool) async throws -> Void
  ) {
    self.name = name
    self.depth = depth
    body = { try await run(false) }
    mended = { try await run(true) }
  }

  /// All programs.
  package static let all: [BugProgram] =
    lostUpdates + publications + initialisations + orders + waits + structures + protocols

  /// The program with the given name.
  package static func named(_ name: String) -> BugProgram? {
    all.first { $0.name == name }
  }
}

/// The bug of a program has shown.
package struct BugFound: Error, CustomStringConvertible {
  package let description: String
}

/// Throws unless something holds.
func check(_ holds: Bool, _ otherwise: @autoclosure () -> String) throws {
  if !holds { throw BugFound(description: otherwise()) }
}
