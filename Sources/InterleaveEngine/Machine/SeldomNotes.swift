/// What is noted of a run, but of few runs.
///
/// It lies behind a pointer, as the counters of a run do: a run that begins looks whether there is
/// something to forget, and a class would check each of the fields for others who use it.
struct SeldomNotes {
  /// By which calls tasks were let go on, by their numbers, where that is noted.
  var resumerCalls: [Int: [UInt]] = [:]
  /// What steps did, where it is noted.
  var events: [RunEvent] = []
  /// For errors that tasks ended by, the error itself by the index of the event.
  var thrown: [Int: any Error] = [:]
  /// The tasks that others let go on, and what is told of the step that comes by it, whose number is
  /// not known yet.
  var wakenings: [(task: Int32, event: RunEvent)] = []
  /// What came about in the run that should sometimes.
  var reached: [ReachedGoal] = []
  /// What unstructured tasks have thrown, by their numbers.
  var errors: [Int: any Error] = [:]
  /// What threads of the run are called, by the numbers of their tasks.
  var threadNames: [Int: String] = [:]
  var races: [DataRace] = []
  var lockWaits: [LockWait] = []
  var starvation: Starvation?

  /// Nothing of it is there.
  var isEmpty: Bool {
    reached.isEmpty && errors.isEmpty && resumerCalls.isEmpty && events.isEmpty && wakenings.isEmpty
      && thrown.isEmpty && threadNames.isEmpty && races.isEmpty && lockWaits.isEmpty
      && starvation == nil
  }
}

extension Machine {
  var notes: SeldomNotes {
    @inline(__always) _read { yield notesStorage.pointee }
    @inline(__always) _modify { yield &notesStorage.pointee }
  }

  /// The data races that the thread sanitizer saw in the run.
  package var races: [DataRace] { notes.races }
  /// The steps that waited for locks when the last run came to a standstill.
  package var lockWaits: [LockWait] { notes.lockWaits }
  /// Why the last run came to a standstill, where that was for want of threads of the pool.
  package var starvation: Starvation? { notes.starvation }
}
