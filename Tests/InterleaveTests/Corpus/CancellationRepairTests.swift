import Foundation
import Interleave
import Testing

/// Stale entries of runs in which a task was cancelled.
@Suite(.unoptimised) struct CancellationRepairTests {
  private func run(
    in folder: String, schedules: Int = 300, _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await fuzzed(
      schedules: schedules,
      {
        $0.corpus = .at(folder); $0.cancellation = .anyTask
      }, named: "repair", body: body)
  }

  private func keepOriginal(in folder: String) async throws -> String {
    let outcome = await run(in: folder) { await useTwice(Turnstile()) }
    let failure = try #require(outcome.failure, "\(outcome)")
    #expect(failure.kind == .invariant)
    #expect(failure.interleaving.cancellation != nil, "\(failure)")
    return try #require(failure.corpusFile)
  }

  @Test func whereEverythingWasRenamedTheSameTaskIsCancelled() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let renamed = await run(in: folder) { await useTwice(Gate()) }
      let failure = try #require(renamed.failure, "\(renamed)")
      #expect(renamed.report.repaired == [file], "\(renamed)")
      #expect(renamed.report.schedules == 0, "nothing new was tried")
      #expect(failure.kind == .invariant)
      let cancellation = try #require(failure.interleaving.cancellation, "\(failure)")
      #expect(cancellation.after.function.contains("Gate"), "\(cancellation)")
      let difference = try #require(failure.repair).difference
      #expect(difference.contains("-") && difference.contains("Turnstile"), "\(difference)")
      let new = try #require(failure.corpusFile)
      #expect(try allFiles(below: folder).map { "\(folder)/\($0)" } == [new])
      let again = await run(in: folder) { await useTwice(Gate()) }
      #expect(again.failure?.corpusFile == new, "\(again)")
      #expect(again.failure?.interleaving.cancellation != nil)
      #expect(again.report.repaired == [])
    }
  }

  @Test func aStepAddedAheadOfWhatWasRenamedDoesNotMatter() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let changed = await run(in: folder) { await useTwice(Gate(isCareful: true)) }
      #expect(changed.report.repaired == [file], "\(changed)")
      #expect(changed.failure?.interleaving.cancellation != nil, "\(changed)")
      #expect(try allFiles(below: folder).count == 1)
    }
  }

  @Test func whatWasMendedIsNotRepaired() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let mended = await run(in: folder) { await useTwice(Gate(isMended: true)) }
      #expect(mended.failure == nil, "\(mended)")
      #expect(mended.report.stale == [file])
      #expect(mended.report.repaired == [])
      #expect(try allFiles(below: folder).count == 1)
    }
  }
}

/// Something that lets in one visitor at a time.
private protocol Entrance: Actor {
  var inside: Int { get }
  func visit() async throws
}

/// Two visitors, of whom a run may cancel one; nobody is inside when both are done.
private func useTwice(_ entrance: some Entrance) async {
  eventually(entrance, "nobody must be inside") { $0.inside == 0 }
  let visitors = (0..<2).map { _ in Task { try await entrance.visit() } }
  for visitor in visitors { _ = await visitor.result }
}

private actor Turnstile: Entrance {
  private(set) var inside = 0
  private let log = Log()

  func visit() async throws {
    // Who is cancelled before that is not let in.
    try Task.checkCancellation()
    inside += 1
    try await pause()
    inside -= 1
  }

  private func pause() async throws {
    await log.append()
    try Task.checkCancellation()
  }
}

/// The turnstile after renames, and a step more where it is careful.
private actor Gate: Entrance {
  private(set) var inside = 0
  private let log = Log()
  private let isCareful: Bool
  private let isMended: Bool

  init(isCareful: Bool = false, isMended: Bool = false) {
    self.isCareful = isCareful
    self.isMended = isMended
  }

  func visit() async throws {
    if isCareful { await log.append() }
    try Task.checkCancellation()
    try await pass()
  }

  private func pass() async throws {
    inside += 1
    defer { if isMended { inside -= 1 } }
    try await look()
    if !isMended { inside -= 1 }
  }

  private func look() async throws {
    await log.append()
    try Task.checkCancellation()
  }
}
