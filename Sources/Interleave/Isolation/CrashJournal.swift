import InterleaveEngine

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// What a process wrote down when a crash that could not be contained ended it.
struct CrashJournal: Hashable, Sendable {
  var seed: UInt64
  /// The number of the run within its exploration.
  var index: Int
  var deviations: [RawDeviation]

  /// The lines with which a journal of a campaign begins.
  static func head(seed: UInt64) -> String {
    "interleave journal 1\ns \(String(seed, radix: 16))\n"
  }

  /// Reads a journal as its process left it.
  ///
  /// - Returns: Nil for what is no journal, or one that breaks off.
  init?(_ text: String) {
    let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
    guard lines.count >= 4, lines[0] == ["interleave", "journal", "1"], lines.last == ["end"],
      lines[1].count == 2, lines[1][0] == "s", let seed = UInt64(lines[1][1], radix: 16)
    else { return nil }
    self.seed = seed
    index = 0
    deviations = []
    for line in lines[2..<(lines.count - 1)] {
      let words = line.dropFirst().compactMap { UInt64($0, radix: 16) }
      guard words.count == 4 else { return nil }
      switch line[0] {
      case "i": index = Int(truncatingIfNeeded: words[0])
      case "d":
        deviations.append(
          RawDeviation(
            picked: StepKey(task: words[0], ordinal: Int32(truncatingIfNeeded: words[1])),
            passedOver: StepKey(task: words[2], ordinal: Int32(truncatingIfNeeded: words[3]))))
      default: return nil
      }
    }
  }
}

extension Campaign {
  private var journalPath: String? {
    guard let corpus, corpus.plan.writes, let folder = try? corpus.folder(of: corpusTest) else {
      return nil
    }
    return "\(folder)/\(CorpusStore.journalName)"
  }

  /// What is written if a crash must end the process; nil where nothing may be.
  func journal() -> Containment.Journal? {
    journalPath.map {
      Containment.Journal(path: $0, head: CrashJournal.head(seed: resolved.seed))
    }
  }

  func removeJournal() {
    if let path = journalPath { unlink(path) }
  }

  /// Makes the run again that ended the last process, in a child process.
  ///
  /// - Returns: Its failure, if it fails again.
  func resumeJournal() -> FoundFailure? {
    guard let path = journalPath, FileCalls.exists(path) else { return nil }
    let bytes = (try? FileCalls.read(path, upTo: 1 << 24)) ?? nil
    guard let bytes, let journal = CrashJournal(String(decoding: bytes, as: UTF8.self)) else {
      report.warnings.append("\(path) is not the journal of a crash, and was removed")
      unlink(path)
      return nil
    }
    machine.settings.environmentSeed = journal.seed
    plan = Self.drawingPlan(journal.index, seed: journal.seed)
    shelter = .process(hangLimit: hangLimit)
    defer {
      shelter = .none
      machine.settings.environmentSeed = resolved.seed
    }
    var found: FoundFailure?
    _ = execute(Replay(journal.deviations), RunStart(index: 0, seed: 0)) { [self] failure in
      guard let failure else { return }
      found = foundHere(failure, schedulesTried: journal.index + 1, seed: journal.seed)
      found?.interleaving = Explainer(machine).interleaving(upTo: failure.steps)
    }
    if found == nil {
      report.warnings.append(
        "schedule \(journal.index + 1) with seed \(journal.seed) crashed in a way that ended the "
          + "process; it did not crash again in a process of its own")
      unlink(path)
    }
    return found
  }
}
