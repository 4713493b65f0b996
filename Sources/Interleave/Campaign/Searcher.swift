import InterleaveEngine

/// Makes the runs that a search asks for, here and by workers.
final class Searcher {
  private let runner: Runner
  private let resolved: ResolvedConfiguration
  private let budget: Budget
  private var search: Search
  private var workers: Workers?
  private var progress: ProgressLine

  /// - Parameter name: What the test is called, for who waits.
  init(
    _ search: Search, _ runner: Runner, _ resolved: ResolvedConfiguration, _ budget: Budget,
    named name: String
  ) {
    progress = .onStandardError(of: name, now: Takeover.realTime)
    self.search = search
    self.runner = runner
    self.resolved = resolved
    self.budget = budget
  }

  /// What it has come to; to be asked for once it is over.
  var result: SearchResult { search.result }

  /// A file of the corpus that cannot be used: what it kept would go unchecked.
  var error: CorpusFileError? { search.error }

  /// Searches on this thread until something fails or nothing is left to be run.
  func run() {
    defer {
      workers?.stop()
      progress.end()
    }
    while true {
      progress.tell(at: Takeover.realTime) { search.tally.words(after: $0) }
      let demand = search.next(budget, hasWorkers: workers != nil)
      if search.exploration?.ending != nil { workers?.stop() }
      switch demand {
      case .run(let request):
        workers?.takeIn()
        search.learn(runner.run(request))
      case .share(let number):
        beginShare(number)
      case .failure(let log):
        search.take(log.failure.map { runner.takeOver(Packet($0)) } ?? .notMade)
      case .nothing:
        return
      }
    }
  }

  /// Ends the search: its thread is lost with the step that was stopped on it.
  func end(with stop: StepStop) {
    search.learn(runner.outcome(of: stop))
    workers?.stop()
  }

  // MARK: Shares

  /// Goes on with the next share, here or as a worker has run it.
  private func beginShare(_ number: Int) {
    startWorkers(for: number)
    guard let workers else { return search.beginShare(number) }
    var log: ShareLog?
    var ending: FuzzReport.Ending?
    switch workers.wait(for: number, while: { [budget] in !budget.isCancelled }) {
    case .log(let told): log = told
    case .cancelled: ending = .cancellation
    case .lost: ending = budget.isTimeUp ? .duration : nil
    }
    search.beginShare(number, madeAs: log)
    if workers.hasLostChild {
      search.warnOnce(
        "a child process that explored was killed; its schedules were run in this process instead")
    }
    // Nothing is there to be run any more.
    if let ending { search.end(ending) }
  }

  /// Starts those who run all shares from this one on, where that is asked for.
  private func startWorkers(for number: Int) {
    let configuration = resolved.configuration
    guard configuration.workers > 1, workers == nil, number == 1,
      Workers.obstacle(in: configuration) == nil, let exploration = search.exploration
    else { return }
    let all = ShareCut.shares(for: configuration.schedules)
    let shares = 1..<max(2, resolved.shard.shares(of: all))
    workers = Workers(configuration.workers, shares: shares) {
      [runner, resolved, budget] number, board in
      RunningChild(isQuiet: false, holding: Symbolicator.shared.pause) { parent in
        ShareWorker(exploration, runner, resolved, budget).work(number, board, parent)
      }
    }
    if workers == nil {
      search.warnOnce(
        "no child process could be made for `workers: \(configuration.workers)`; all schedules "
          + "were run in this process")
    }
  }
}
