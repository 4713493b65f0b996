/// All threads of the pool were blocked, and what they waited for needed one.
package struct Starvation: Sendable, Hashable {
  /// How many threads the pool had.
  package var width: Int
  /// How many steps had run by then.
  package var steps: Int
  /// The steps that blocked the threads, and whatever else was blocked.
  package var blocked: [LockWait]
  /// The tasks that could have gone on if they had had a thread, and where.
  package var withheld: [Machine.Turn]
  /// Which task let one of the blocked steps go on once the pool had a thread more; nil while none
  /// has.
  package var helper: Int?
}

/// What bounds which steps may be in progress at once: the threads of the pool.
struct PoolState {
  /// How many threads there are for the steps of each priority; `.max` for any number.
  var width = Int.max
  /// A job that could have run found no thread, when it was last looked for jobs.
  var withholds = false
  /// The width, once a job has found no thread in the run.
  var effect: Int?
  /// What may be a starvation, since the moment at which all threads were blocked.
  ///
  /// It is one if somebody goes on who was blocked then, once the pool has a thread more.
  var suspicion: Starvation?
  /// A step blocked its thread until one that began meanwhile let it go on: with fewer threads, that
  /// would not have had one.
  var couldStarve = false
}
