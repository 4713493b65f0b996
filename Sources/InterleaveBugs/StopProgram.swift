/// A small program that crashes or hangs in some interleavings, and its mended twin.
///
/// Each depends on a race: it checks something, suspends, and acts on what it saw. One
/// preemption is enough, and needed.
package struct StopProgram: Sendable {
  /// What becomes of the process where nothing is isolated.
  package enum Kind: String, Sendable {
    case crash
    case hang
  }

  package let name: String
  package let kind: Kind
  /// A part of what is to be said of it.
  package let message: String
  /// Crashes or hangs where the bug shows.
  package let body: @Sendable () async throws -> Void
  /// Does the same work without the bug.
  package let mended: @Sendable () async throws -> Void

  init(
    _ name: String, _ kind: Kind, _ message: String,
    _ run: @escaping @Sendable (_ isMended: Bool) async throws -> Void
  ) {
    self.name = name
    self.kind = kind
    self.message = message
    body = { try await run(false) }
    mended = { try await run(true) }
  }

  /// Makes a program in which two customers buy the last item.
  ///
  /// - Parameter take: Takes an item from the shelf, on which there may be none.
  init(
    selling name: String, _ kind: Kind, _ message: String,
    _ take: @escaping @Sendable (inout [Int]) -> Void
  ) {
    self.init(name, kind, message) { isMended in
      let shop = Shop(take)
      async let first: Void = shop.sell(isMended: isMended)
      async let second: Void = shop.sell(isMended: isMended)
      _ = await (first, second)
    }
  }

  /// All programs.
  package static let all = crashes + signals + hangs

  /// The program with the given name.
  package static func named(_ name: String) -> StopProgram? {
    all.first { $0.name == name }
  }
}

/// Looks at the shelf, writes to the log, and only then takes an item.
private actor Shop {
  private var shelf = [7]
  private let log = Work()
  private let take: @Sendable (inout [Int]) -> Void

  init(_ take: @escaping @Sendable (inout [Int]) -> Void) {
    self.take = take
  }

  func sell(isMended: Bool) async {
    guard !shelf.isEmpty else { return }
    if isMended { take(&shelf) }
    await log.step()
    if !isMended { take(&shelf) }
  }
}
