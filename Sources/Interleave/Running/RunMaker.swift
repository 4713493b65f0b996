/// Makes the runs that it is asked for, one after the other.
protocol RunMaker: AnyObject {
  /// Makes a run where it is to be made.
  ///
  /// - Parameter attempts: How often it is tried to make it in a child process. One that was
  ///   forked while some thread held a lock is lost; the next one finds it free.
  /// - Returns: What it came to; ``RunOutcome/wasMade`` is false where no process could make it.
  func run(_ request: RunRequest, attempts: Int) -> RunOutcome

  /// Tells which runs come next in any case, as long as they pass; nothing for none.
  func expect(_ series: [RunRequest])
}

extension RunMaker {
  func run(_ request: RunRequest) -> RunOutcome {
    run(request, attempts: RunPlace.mostAttempts)
  }
}
