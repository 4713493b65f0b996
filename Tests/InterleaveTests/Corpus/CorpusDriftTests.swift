import Foundation
import Interleave
import Testing

/// Entries of the corpus, replayed in programs that have changed since.
@Suite(.unoptimised) struct CorpusDriftTests {
  private func run(
    in folder: String, _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await fuzzed(schedules: 300, { $0.corpus = .at(folder) }, named: "drift", body: body)
  }

  /// Fuzzes the racing account, keeps what is found, and tells where.
  private func keepOriginal(in folder: String) async throws -> String {
    let outcome = await run(in: folder) {
      let account = Account(balance: 100)
      always(account, "not overdrawn") { $0.balance >= 0 }
      async let a = account.withdraw(80)
      async let b = account.withdraw(80)
      _ = await (a, b)
    }
    let failure = try #require(outcome.failure)
    #expect(failure.kind == .invariant)
    return try #require(failure.corpusFile)
  }

  @Test func anEntryIsReplayedBeforeAnythingElse() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      #expect(try allFiles(below: folder).count == 1)
      let again = await run(in: folder) {
        let account = Account(balance: 100)
        always(account, "not overdrawn") { $0.balance >= 0 }
        async let a = account.withdraw(80)
        async let b = account.withdraw(80)
        _ = await (a, b)
      }
      let failure = try #require(again.failure)
      #expect(failure.corpusFile == file)
      #expect(failure.schedulesTried == 1)
      #expect(again.report.replayed == 1)
      #expect(again.report.schedules == 0, "nothing new was tried")
      #expect(failure.interleaving.preemptions == 1)
      #expect(try allFiles(below: folder).count == 1)
    }
  }

  @Test func anUnrelatedAwaitAheadOfTheRaceDoesNotMatter() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let again = await run(in: folder) {
        let account = Account(balance: 100)
        always(account, "not overdrawn") { $0.balance >= 0 }
        let other = Account(balance: 7)
        _ = await other.balance
        await Task.yield()
        try await Task.sleep(for: .seconds(1))
        async let a = account.withdraw(80)
        async let b = account.withdraw(80)
        _ = await (a, b)
      }
      let failure = try #require(again.failure)
      #expect(failure.corpusFile == file)
      #expect(failure.schedulesTried == 1)
      #expect(again.report.stale == [])
    }
  }

  @Test func aTaskThatWasAddedAheadOfTheRaceDoesNotMatter() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let again = await run(in: folder) {
        let account = Account(balance: 100)
        always(account, "not overdrawn") { $0.balance >= 0 }
        await Task { await Task.yield() }.value
        async let a = account.withdraw(80)
        async let b = account.withdraw(80)
        _ = await (a, b)
      }
      #expect(again.failure?.corpusFile == file)
      #expect(again.failure?.schedulesTried == 1)
    }
  }

  @Test func aMethodThatWasRenamedElsewhereDoesNotMatter() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let again = await run(in: folder) {
        let account = Account(balance: 100)
        always(account, "not overdrawn") { $0.balance >= 0 }
        async let a = account.withdrawAndRecord(80)
        async let b = account.withdrawAndRecord(80)
        _ = await (a, b)
      }
      #expect(again.failure?.corpusFile == file)
      #expect(again.failure?.kind == .invariant)
    }
  }

  @Test func anEntryOfWhatWasMendedIsFixedAndStays() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let mended = await run(in: folder) {
        let account = Account(balance: 100)
        account.isMended.store(true)
        always(account, "not overdrawn") { $0.balance >= 0 }
        async let a = account.withdraw(80)
        async let b = account.withdraw(80)
        _ = await (a, b)
      }
      #expect(mended.failure == nil, "\(mended)")
      #expect(mended.report.fixed == [file])
      #expect(mended.report.stale == [])
      #expect(mended.report.replayed == 1)
      #expect(mended.report.warnings == [])
      #expect(try allFiles(below: folder).count == 1)
    }
  }

  @Test func anEntryWhoseRacingMethodIsGoneIsStale() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let gone = await run(in: folder) {
        let account = Account(balance: 100)
        always(account, "not overdrawn") { $0.balance >= 0 }
        async let a = account.look()
        async let b = account.look()
        _ = await (a, b)
      }
      #expect(gone.failure == nil, "\(gone)")
      #expect(gone.report.stale == [file])
      let warning = try #require(gone.report.warnings.first)
      #expect(warning.contains("\(file) is stale"))
      #expect(warning.contains("withdraw"), "\(warning)")
      #expect(warning.contains("Delete it"))
    }
  }

  @Test func anEntryOfTheOrdinaryOrderIsFixedWhereItsStepsAreAndStaleElsewhere() async throws {
    try await withTemporaryFolder { folder in
      let outcome = await run(in: folder) {
        let account = Account(balance: 100)
        async let other = account.look()
        _ = await (account.withdraw(80), other)
        #expect(await account.balance == 100)
      }
      let file = try #require(outcome.failure?.corpusFile)
      #expect(outcome.failure?.interleaving.deviations == [])
      let mended = await run(in: folder) {
        let account = Account(balance: 100)
        async let other = account.look()
        _ = await (account.withdraw(80), other)
        #expect(await account.balance == 20)
      }
      #expect(mended.failure == nil, "\(mended)")
      #expect(mended.report.fixed == [file] && mended.report.stale == [])
      let unrelated = await run(in: folder) { await withdrawTwice(from: Bank(balance: 200)) }
      #expect(unrelated.failure == nil, "\(unrelated)")
      #expect(unrelated.report.fixed == [] && unrelated.report.certificates == [])
      #expect(unrelated.report.stale == [file])
      #expect(unrelated.report.warnings.contains { $0.contains("no step runs") }, "\(unrelated)")
    }
  }

  // MARK: Broken files

  /// Replaces the entry by what a function makes of it, and fuzzes again.
  private func message(_ change: (String) -> String) async throws -> (String, file: String) {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let path = "\(folder)/\(try allFiles(below: folder)[0])"
      let content = try String(contentsOfFile: path, encoding: .utf8)
      try change(content).write(toFile: path, atomically: true, encoding: .utf8)
      let outcome = await run(in: folder) {
        await withdrawTwice(from: Bank(balance: 100), atOnce: true)
      }
      let name = file.split(separator: "/").last.map(String.init) ?? file
      return (try #require(outcome.failure).message, name)
    }
  }

  @Test func aTruncatedFileIsAnErrorWithItsName() async throws {
    let (message, file) = try await message { String($0.prefix($0.count / 2)) }
    #expect(message.contains(file))
    #expect(message.contains(".json:18: the file is truncated"), "\(message)")
  }

  @Test func aForeignFileIsAnErrorWithItsName() async throws {
    let (message, file) = try await message { _ in #"{"name": "left-pad", "main": "index.js"}"# }
    #expect(message.contains(file))
    #expect(message.contains("this is not a corpus entry"), "\(message)")
  }

  @Test func aFileOfAFutureVersionIsAnErrorWithItsName() async throws {
    let (message, file) = try await message {
      $0.replacing(/"version" *: *\d+/, with: "\"version\": 999")
    }
    #expect(message.contains(file))
    #expect(message.contains("999"), "\(message)")
  }
}

/// A flag that any task may set before the others begin.
private final class Flag: @unchecked Sendable {
  private(set) var value = false

  func store(_ value: Bool) { self.value = value }
}

private actor Account {
  private(set) var balance: Int
  let isMended = Flag()
  private let log = Log()

  init(balance: Int) { self.balance = balance }

  func withdraw(_ amount: Int) async -> Bool {
    guard balance >= amount else { return false }
    if isMended.value { balance -= amount }
    await log.append()
    if !isMended.value { balance -= amount }
    return true
  }

  /// Races as `withdraw` does, but logs by another method.
  func withdrawAndRecord(_ amount: Int) async -> Bool {
    guard await withdraw(amount) else { return false }
    await record()
    return true
  }

  private func record() async { await log.append() }

  func look() async -> Int {
    await log.append()
    return balance
  }
}
