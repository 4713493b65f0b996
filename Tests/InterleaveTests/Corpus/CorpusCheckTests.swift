import InterleaveEngine
import Testing

@testable import Interleave

/// Which runs the corpus of a test asks for, and what becomes of its entries; no run is made.
@Suite struct CorpusCheckTests {
  private final class Subject {
    let budget: Budget
    var check: CorpusCheck
    var tally = Tally()

    init(_ files: [CorpusStore.File], mode: ResolvedConfiguration.Mode = .fuzz) throws {
      var resolved = try ResolvedConfiguration(of: "corpus") { $0.isolation = .automatic }
      resolved.mode = mode
      budget = Budget(resolved)
      check = CorpusCheck(files, resolved, module: "Bank", isGenerated: false) { nil }
    }

    func next() -> RunRequest? { check.next(budget, &tally) }
    func learn(_ outcome: RunOutcome) { check.learn(outcome, &tally) }

    /// Answers all requests with one outcome.
    ///
    /// - Returns: How many there were.
    func run(_ outcome: RunOutcome) -> Int {
      var count = 0
      while next() != nil {
        learn(outcome)
        count += 1
      }
      return count
    }
  }

  private func file(_ path: String, _ entry: CorpusEntry) -> CorpusStore.File {
    CorpusStore.File(path: path, entry: .success(entry))
  }

  /// An entry whose failure needs no deviation.
  private var plain: CorpusEntry {
    var entry = bankEntry
    entry.deviations = []
    entry.words = []
    entry.choices = []
    entry.inputs = []
    return entry
  }

  /// A run that fails as an entry says.
  private func failure(of entry: CorpusEntry) -> RunOutcome {
    var outcome = RunOutcome.failing(kind: entry.signature.kind)
    outcome.failure?.location = FuzzFailure.SourceLocation(
      fileID: entry.signature.place, filePath: entry.location?.file ?? "", line: 12, column: 1)
    return outcome
  }

  @Test func anEntryThatFailsAsItDidEndsTheCheck() throws {
    let subject = try Subject([file("a.json", bankEntry), file("b.json", bankEntry)])
    let request = try #require(subject.next())
    #expect(request.strategy is CorpusReplay)
    #expect(request.terms.seed == bankEntry.seed)
    subject.learn(failure(of: bankEntry))
    let found = try #require(subject.check.found)
    #expect(found.corpusFile == "a.json")
    #expect(found.schedulesTried == 1)
    #expect(found.seed == bankEntry.seed)
    #expect(found.isSure)
    #expect(found.kept == nil)
    #expect(subject.next() == nil)
    #expect(subject.check.replayed == 1)
  }

  @Test func anEntryWhoseInterleavingPassesIsFixed() throws {
    let subject = try Subject([file("a.json", plain)])
    #expect(subject.run(.passing()) == 1)
    #expect(subject.check.found == nil)
    #expect(subject.check.fixed == ["a.json"])
    #expect(subject.check.certificates.map(\.corpusFile) == ["a.json"])
    #expect(subject.tally.warnings.isEmpty)
  }

  @Test func aFileThatCannotBeUsedEndsTheCheckOnceItIsItsTurn() throws {
    let error = CorpusFileError(file: "b.json", reason: .unreadable("it is a folder"))
    let bad = CorpusStore.File(path: "b.json", entry: .failure(error))
    let subject = try Subject([file("a.json", plain), bad, file("c.json", plain)])
    #expect(subject.run(.passing()) == 1)
    #expect(subject.check.error == error)
    #expect(subject.check.replayed == 1)
  }

  @Test func anEntryThatIsGoneIsLookedForNearby() throws {
    let subject = try Subject([file("a.json", bankEntry)])
    var requests: [RunRequest] = []
    while let request = subject.next() {
      requests.append(request)
      subject.learn(
        requests.count < 15 ? .passing() : failure(of: bankEntry))
    }
    #expect(requests.contains { $0.strategy is CorpusReplay })
    #expect(requests.last?.strategy is NearbyReplay)
    let found = try #require(subject.check.found)
    #expect(found.corpusFile == nil)
    #expect(found.repaired?.path == "a.json")
    #expect(subject.check.repaired == ["a.json"])
    #expect(subject.check.stale.isEmpty)
  }

  @Test func anEntryThatIsNowhereNearIsStale() throws {
    let subject = try Subject([file("a.json", bankEntry), file("b.json", plain)])
    // Without a choice, no other schedule can come up nearby.
    _ = subject.run(.passing(choices: 0))
    #expect(subject.check.stale == ["a.json"])
    #expect(subject.check.fixed == ["b.json"], "the others are replayed all the same")
    #expect(subject.tally.warnings.count == 1)
    #expect(subject.tally.warnings[0].hasPrefix("a.json is stale:"))
    #expect(subject.tally.warnings[0].contains("1 schedule near it"))
  }

  @Test func anEntryThatFailsInAnotherWayIsSaidTo() throws {
    let subject = try Subject([file("a.json", plain)])
    var other = RunOutcome.failing(kind: .thrownError)
    other.choices = 0
    _ = subject.run(other)
    #expect(subject.check.found == nil)
    #expect(subject.tally.warnings.count == 1)
    #expect(subject.tally.warnings[0].hasPrefix("a.json fails in another way than it says"))
  }

  @Test func whatEndedItsProcessIsReplayedApartFirst() throws {
    var entry = plain
    entry.signature.kind = .crash
    let subject = try Subject([file("a.json", entry)])
    guard case .child = try #require(subject.next()).place else {
      Issue.record("a crash would end this process")
      return
    }
    subject.learn(.passing())
    guard case .here = try #require(subject.next()).place else {
      Issue.record("it does not crash any more")
      return
    }
    subject.learn(.passing())
    #expect(subject.next() == nil)
    #expect(subject.check.fixed == ["a.json"])
  }

  @Test func aFolderWithoutAModuleMayBeAnothers() throws {
    var undecided = file("Bank/a.json", bankEntry)
    undecided.isUndecided = true
    let subject = try Subject([undecided])
    _ = subject.run(.passing())
    #expect(subject.tally.warnings.count == 1)
    #expect(subject.tally.warnings[0].contains("corpus/Bank/"))
    #expect(subject.check.stale.isEmpty && subject.check.fixed.isEmpty)

    let failing = try Subject([undecided])
    _ = try #require(failing.next())
    failing.learn(failure(of: bankEntry))
    #expect(failing.check.found != nil)
    #expect(failing.check.isAdopted, "it is this test's, since it fails here")
  }

  @Test func whatFailsAroundAFixedEntryIsAHalfFix() throws {
    let subject = try Subject([file("a.json", plain)])
    _ = try #require(subject.next())
    var passing = RunOutcome.passing([1, 2])
    // Both steps touch the same, so that their order can be turned round.
    passing.touched = [1, 2].map { task in
      StepTrace.Step(
        key: StepKey(task: task, ordinal: 0), cause: -1,
        accesses: [Access(object: 9, mode: .exclusive)])
    }
    subject.learn(passing)
    let request = try #require(subject.next())
    #expect(request.strategy is FollowOrder)
    subject.learn(.failing([2, 1]))
    let found = try #require(subject.check.found)
    #expect(found.halfFix == FuzzFailure.HalfFix(corpusFile: "a.json", reversals: 1))
    #expect(found.corpusFile == nil)
    #expect(subject.check.fixed.isEmpty)
  }
}
