import Foundation
import Interleave
import Testing

/// Entries whose interleaving has gone, but not their failure.
@Suite(.unoptimised) struct RepairTests {
  private func run(
    in folder: String, schedules: Int = 300, _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await fuzzed(schedules: schedules, { $0.corpus = .at(folder) }, named: "repair", body: body)
  }

  private func keepOriginal(in folder: String) async throws -> String {
    let outcome = await run(in: folder) { try await race(Account(balance: 100)) }
    #expect(outcome.failure?.kind == .thrownError)
    return try #require(outcome.failure?.corpusFile)
  }

  @Test func whereEverythingWasRenamedTheEntryIsReplaced() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let renamed = await run(in: folder) { try await race(Wallet(balance: 100)) }
      let failure = try #require(renamed.failure)
      #expect(failure.kind == .thrownError)
      #expect(failure.interleaving.preemptions == 1)
      #expect(renamed.report.repaired == [file])
      #expect(renamed.report.stale == [] && renamed.report.fixed == [])
      #expect(renamed.report.schedules == 0, "nothing new was tried")

      let repair = try #require(failure.repair)
      let new = try #require(failure.corpusFile)
      #expect(repair.staleFile == file && new != file)
      #expect(repair.isWritten)
      #expect(repair.reason.contains("the step `Account.take(_:)` of task 0.0 no longer exists"))
      let lines = repair.difference.split(separator: "\n")
      #expect(lines.first == "--- \(file)" && lines.dropFirst().first == "+++ \(new)")
      for (sign, function) in [("-", "Account.take(_:)"), ("+", "Wallet.spend(_:)")] {
        let name = "\"function\": \"\(function)\""
        #expect(lines.contains { $0.hasPrefix(sign) && $0.contains(name) })
      }

      let report = "\(failure)"
      #expect(report.contains("Corpus entry repaired"))
      #expect(report.contains("is stale: the step"))
      #expect(report.contains("was written in its place"))

      #expect(try allFiles(below: folder).map { "\(folder)/\($0)" } == [new])
      let again = await run(in: folder) { try await race(Wallet(balance: 100)) }
      #expect(again.failure?.corpusFile == new)
      #expect(again.failure?.repair == nil && again.report.repaired == [])
    }
  }

  @Test func stepsAndTasksAddedAheadOfWhatWasRenamedDoNotMatter() async throws {
    try await withTemporaryFolder { folder in
      _ = try await keepOriginal(in: folder)
      let changed = await run(in: folder) {
        async let other: Void = Task.yield()
        await Task.yield()
        try await race(Wallet(balance: 100, isCareful: true))
        await other
      }
      #expect(changed.report.repaired.count == 1, "\(changed)")
      #expect(try allFiles(below: folder).count == 1)
    }
  }

  @Test func aFailureThatPointsAtAFileOfAnotherNameIsTheSame() async throws {
    try await withTemporaryFolder { folder in
      @Sendable func overdraw(_ fileID: String) async {
        let account = Account(balance: 100)
        always(account, "not overdrawn", fileID: fileID) { $0.balance >= 0 }
        async let a: Void = account.take(80)
        async let b: Void = account.take(80)
        _ = await (a, b)
      }
      let first = await run(in: folder) { await overdraw("Tests/Old.swift") }
      let file = try #require(first.failure?.corpusFile)
      let moved = await run(in: folder) { await overdraw("Tests/New.swift") }
      let repair = try #require(moved.failure?.repair)
      #expect(repair.staleFile == file)
      #expect(repair.difference.contains("-  \"place\": \"Tests/Old.swift\""))
      #expect(repair.difference.contains("+  \"place\": \"Tests/New.swift\""))
      #expect(try allFiles(below: folder).count == 1)
    }
  }

  @Test func whatWasMendedIsNotRepairedWhateverItIsCalled() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let mended = await run(in: folder) { try await race(MendedWallet(balance: 100)) }
      #expect(mended.failure == nil, "\(mended)")
      #expect(mended.report.stale == [file])
      #expect(mended.report.repaired == [])
      let warning = try #require(mended.report.warnings.first)
      #expect(warning.contains("did not come up in"), "\(warning)")
      #expect(try allFiles(below: folder).count == 1)
    }
  }

  @Test func anotherFailureNearbyIsNotTakenForTheSame() async throws {
    try await withTemporaryFolder { folder in
      let file = try await keepOriginal(in: folder)
      let other = await run(in: folder) {
        let account = MendedWallet(balance: 100)
        try await race(account)
        throw Overdrawn(by: "somebody else")
      }
      let failure = try #require(other.failure)
      #expect(failure.repair == nil)
      #expect(failure.corpusFile != file)
      #expect(other.report.warnings.contains { $0.contains("fails in another way") })
    }
  }

  @Test func theSearchKeepsToTheBudgetOfTheTest() async throws {
    try await withTemporaryFolder { folder in
      _ = try await keepOriginal(in: folder)
      let few = await run(in: folder, schedules: 3) { try await race(MendedWallet(balance: 100)) }
      let warning = try #require(few.report.warnings.first)
      #expect(warning.contains("in 2 schedules near it"), "\(warning)")
    }
  }

  // MARK: The store

  @Test func theOldFileIsDeletedOnceTheNewOneIsThere() throws {
    try withTemporaryFolder { (folder) throws in
      let plan = CorpusPlan(folder: folder + "/corpus", packageRoot: folder, writes: true)
      let store = CorpusStore(plan)
      guard case .written(let old) = store.save(bankEntry) else {
        Issue.record("not written")
        return
      }
      var entry = bankEntry
      entry.inputs = ["7"]
      let saved = store.replace(old, with: entry)
      guard case .written(let new) = saved else {
        Issue.record("\(saved)")
        return
      }
      #expect(try allFiles(below: folder) == [new])
      #expect(store.replace(new, with: entry) == .alreadyThere(path: new))
      #expect(try allFiles(below: folder) == [new])
    }
  }

  @Test func theOldFileStaysWhereTheNewOneCannotBeWritten() throws {
    try withTemporaryFolder { (folder) throws in
      let plan = CorpusPlan(folder: folder + "/corpus", packageRoot: folder, writes: true)
      guard case .written(let old) = CorpusStore(plan).save(bankEntry) else {
        Issue.record("not written")
        return
      }
      var entry = bankEntry
      entry.inputs = ["7"]
      var calls = FileCalls.system
      calls.rename = { _, _ in
        errno = ENOSPC
        return -1
      }
      guard
        case .failed(_, _, let content) = CorpusStore(plan, calls: calls)
          .replace(old, with: entry)
      else {
        Issue.record("written")
        return
      }
      #expect(content == entry.json())
      #expect(try allFiles(below: folder) == [old])

      var readOnly = plan
      readOnly.writes = false
      guard case .notAllowed = CorpusStore(readOnly).replace(old, with: entry) else {
        Issue.record("written")
        return
      }
      #expect(try allFiles(below: folder) == [old])
    }
  }
}

private struct Overdrawn: Error, CustomStringConvertible {
  var by: String
  var description: String { "overdrawn by \(by)" }

  init(by: String) { self.by = by }
}

/// Two customers pay at once.
private func race(_ account: Account) async throws {
  async let a: Void = account.take(80)
  async let b: Void = account.take(80)
  _ = await (a, b)
  if await account.balance < 0 { throw Overdrawn(by: "customers") }
}

private func race(_ wallet: Wallet) async throws {
  async let a: Void = wallet.spend(80)
  async let b: Void = wallet.spend(80)
  _ = await (a, b)
  if await wallet.balance < 0 { throw Overdrawn(by: "customers") }
}

private func race(_ wallet: MendedWallet) async throws {
  async let a: Void = wallet.spend(80)
  async let b: Void = wallet.spend(80)
  _ = await (a, b)
  if await wallet.balance < 0 { throw Overdrawn(by: "customers") }
}

private actor Account {
  private(set) var balance: Int
  private let log = Log()

  init(balance: Int) { self.balance = balance }

  func take(_ amount: Int) async {
    guard balance >= amount else { return }
    await log.append()
    balance -= amount
  }
}

/// The account after renames, and a step more where it is careful.
private actor Wallet {
  private(set) var balance: Int
  private let isCareful: Bool
  private let log = Log()

  init(balance: Int, isCareful: Bool = false) {
    self.balance = balance
    self.isCareful = isCareful
  }

  func spend(_ amount: Int) async {
    if isCareful { await log.append() }
    guard balance >= amount else { return }
    await log.append()
    balance -= amount
  }
}

private actor MendedWallet {
  private(set) var balance: Int
  private let log = Log()

  init(balance: Int) { self.balance = balance }

  func spend(_ amount: Int) async {
    guard balance >= amount else { return }
    balance -= amount
    await log.append()
  }
}
