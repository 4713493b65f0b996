/// Makes the runs that it is asked for, one after the other.
protocol RunMaker: AnyObject {
  /// Makes a run where it is to be made.
  ///
  /// - Parameter attempts: How often it is tried to make it in a child process. One that was
  ///   forked while some thread held a lock is lost; the next one finds it free.
  /// - Returns: What it came to; ``RunOutcome/wasMade`` is false where no process could make it.
  func run(_ request: RunRequest, attempts: Int) -> RunOutcome

  /// For how long runs have waited while those of others had the turn, in nanoseconds.
  var timeWaited: Int64 { get }

  /// Tells how the runs that follow come about, so that a child process can make some ahead; nil
  /// where that is not known.
  ///
  /// - Parameter rehearsal: Asks for the same runs again, from the first on, whoever answers.
  func rehearse(_ rehearsal: Rehearsal?)

  /// Tells which runs come next in any case, as long as they pass; nothing for none.
  func expect(_ series: [RunRequest])
}

/// Asks for one run after the other, and for each by what those before it have come to.
typealias Rehearsal = (_ run: (RunRequest) -> RunOutcome) -> Void

extension RunMaker {
  func rehearse(_ rehearsal: Rehearsal?) {}

  func run(_ request: RunRequest) -> RunOutcome {
    run(request, attempts: RunPlace.mostAttempts)
  }
}
