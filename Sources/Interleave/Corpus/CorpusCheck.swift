import InterleaveEngine

/// Replays what is in the corpus of a test, and looks around what is fixed, by asking for runs and
/// learning from what they come to.
struct CorpusCheck {
  private indirect enum Turn {
    case file
    case reproduction(Reproduction, isUndecided: Bool)
    case repair(Repair, StaleEntry, CorpusVerdict)
    case certificate
    case certification(Certification)
    case over
  }

  private let resolved: ResolvedConfiguration
  private let module: String
  private let isChild: Bool
  private let makeWatch: () -> SharingWatch?
  private var files: ArraySlice<CorpusStore.File>
  private var fixes: [FixedEntry] = []
  /// How many fixes have been looked around.
  private var certified = 0
  private var turn = Turn.file
  /// Something is generated, so that runs differ by more than their schedules.
  private var isGenerated: Bool

  // MARK: What it comes to

  /// The first entry that still fails, or else the first failure near one that does not.
  private(set) var found: FoundFailure?
  /// What is found is an entry of which it was not known whether it is this test's.
  private(set) var isAdopted = false
  /// A file that cannot be used: what it kept would go unchecked.
  private(set) var error: CorpusFileError?
  private(set) var replayed = 0
  private(set) var fixed: [String] = []
  private(set) var stale: [String] = []
  private(set) var repaired: [String] = []
  private(set) var certificates: [FixCertificate] = []

  /// - Parameters:
  ///   - files: The files of the test.
  ///   - resolved: How it is replayed.
  ///   - module: The module of the test.
  ///   - isGenerated: Runs differ by what is generated for them.
  ///   - isChild: This process is one that the campaign has forked.
  ///   - makeWatch: Begins to watch for memory that is shared unseen.
  init(
    _ files: [CorpusStore.File], _ resolved: ResolvedConfiguration, module: String,
    isGenerated: Bool, isChild: Bool = false,
    makeWatch: @escaping () -> SharingWatch? = SharingWatch.init
  ) {
    self.files = files[...]
    self.resolved = resolved
    self.module = module
    self.isGenerated = isGenerated
    self.isChild = isChild
    self.makeWatch = makeWatch
  }

  // MARK: What comes next

  /// The next run; nil once it has come to its end.
  mutating func next(_ budget: Budget, _ tally: inout Tally) -> RunRequest? {
    while found == nil {
      switch turn {
      case .file: open()
      case .reproduction(var reproduction, let isUndecided):
        let request = reproduction.next()
        turn = .reproduction(reproduction, isUndecided: isUndecided)
        if let request { return request }
        close(reproduction, isUndecided: isUndecided, &tally)
      case .repair(var repair, let entry, let verdict):
        let request = repair.next(budget, isCalledOff: tally.cancellation != nil)
        turn = .repair(repair, entry, verdict)
        if let request { return request }
        close(repair, entry, verdict, &tally)
      case .certificate: certifyNext()
      case .certification(var certification):
        let request = certification.next()
        turn = .certification(certification)
        if let request { return request }
        certificates.append(certification.certificate)
        turn = .certificate
      case .over: return nil
      }
    }
    return nil
  }

  /// Learns from the run that was asked for.
  mutating func learn(_ outcome: RunOutcome, _ tally: inout Tally) {
    tally.note(outcome)
    isGenerated = isGenerated || outcome.isGenerated
    switch turn {
    case .reproduction(var reproduction, let isUndecided):
      reproduction.learn(outcome, isChild: isChild)
      turn = .reproduction(reproduction, isUndecided: isUndecided)
      if let failure = reproduction.found {
        found = failure
        isAdopted = isUndecided && !outcome.wasStopped
      }
    case .repair(var repair, let entry, let verdict):
      repair.learn(outcome)
      turn = .repair(repair, entry, verdict)
      if repair.isRepaired { repaired.append(entry.path) }
      found = repair.found
    case .certification(var certification):
      certification.learn(outcome, replayed: replayed)
      turn = .certification(certification)
      found = certification.found
      if found != nil, !outcome.wasStopped {
        fixed.removeAll { $0 == certification.fix.path }
      }
    case .file, .certificate, .over: break
    }
  }

  // MARK: Entries

  private mutating func open() {
    guard let file = files.popFirst() else {
      turn = .certificate
      return
    }
    switch file.entry {
    case .success(let entry):
      replayed += 1
      turn = .reproduction(
        Reproduction(entry, path: file.path, resolved, replayed: replayed),
        isUndecided: file.isUndecided)
    case .failure(let error):
      self.error = error
      turn = .over
    }
  }

  /// Goes on after an entry that does not fail any more.
  private mutating func close(
    _ reproduction: Reproduction, isUndecided: Bool, _ tally: inout Tally
  ) {
    turn = .file
    let (path, verdict) = (reproduction.path, reproduction.verdict)
    guard let reason = verdict.reason, !isUndecided else {
      if isUndecided { tally.warn(warning(ofUndecided: path)) }
      return
    }
    if verdict.isFixed, let fix = reproduction.fix {
      // Its certificate looks around it, and in better order.
      fixed.append(path)
      fixes.append(fix)
      return
    }
    let stale = StaleEntry(path: path, entry: reproduction.entry, reason: reason)
    turn = .repair(
      Repair(
        of: stale, matched: reproduction.nearest?.deviations, isGenerated: isGenerated,
        replayed: replayed), stale, verdict)
  }

  private func warning(ofUndecided path: String) -> String {
    "\(path) lies in a folder that names no module, and does not fail here. Nothing in it says "
      + "whether it is this test's or that of a test of the same name in another module: move it "
      + "below the folder of its module, as in corpus/\(module)/"
  }

  /// Tells what has become of an entry near which nothing was found either.
  private mutating func close(
    _ repair: Repair, _ entry: StaleEntry, _ verdict: CorpusVerdict, _ tally: inout Tally
  ) {
    turn = .file
    let near = counted(repair.runs, "schedule") + " near it"
    let path = entry.path
    switch verdict {
    case .stillFails: break
    case .fixed: fixed.append(path)
    case .stale(let reason):
      stale.append(path)
      tally.warn(
        "\(path) is stale: \(reason). Its failure did not come up in \(near) either. "
          + "Delete it if the interleaving cannot happen any more.")
    case .failsDifferently(let signature):
      tally.warn(
        "\(path) fails in another way than it says: \(signature.kind.rawValue) "
          + "\(signature.place). Its own failure did not come up in \(near) either.")
    }
  }

  // MARK: Certificates

  /// Looks around the next entry that is fixed; the runs that may be spent are shared among them.
  private mutating func certifyNext() {
    guard certified < fixes.count,
      let budget = resolved.configuration.certificate.budget(
        resolved.mode, entries: fixes.count)
    else {
      turn = .over
      return
    }
    let fix = fixes[certified]
    certified += 1
    turn = .certification(Certification(of: fix, budget, watch: makeWatch()))
  }
}
