import CInterleave

/// A step that was interrupted inside, and waits on its carrier to be chosen to go on.
struct ParkedStep {
  var carrier: OpaquePointer
  /// What it is as an enabled step; its slot is its own until it goes on.
  var entry: RunQueue.Entry
  var end: StepEnd
  /// Virtual time since which it could go on.
  var since: Int64
  /// How many steps had begun when it blocked a thread of the pool until somebody lets it go on; nil
  /// where it does not, or where somebody has.
  var blockedSince: Int?
  /// How many steps had begun when it first let others go on, for which it may be waiting; nil
  /// where it has not.
  var stepsBeforePause: Int?
}

/// What the machine knows of a run whose steps can be interrupted inside.
struct InsideState {
  /// What a step does between two points is recorded as a step of its own, whether or not it is
  /// interrupted there.
  var takesSegments = false
  /// Who holds which locks is not told by ``Machine/holds`` alone.
  var holdsMore = false
  /// The running step is at a point, and it is to be chosen who goes on.
  var isAtPoint = false
  /// Which of the enabled steps a point chose, for the loop that goes on; -1 for none.
  var pendingPick = -1
  /// How the run ended, once it has.
  var end: RunEnd?
  /// How many steps had begun when the one that runs first let others go on; nil where it has not.
  var stepsBeforePause: Int?
  /// How often a step parked.
  var parkings = 0
  /// The step that has just ended was interrupted, so that others ran inside of it.
  var wasLastInterrupted = false
  /// What bounds how many steps may be in progress.
  var pool = PoolState()
}

/// A step that waits, at the end of the run, for a lock or what serves as one.
package struct LockWait: Sendable, Hashable {
  /// The number of the task.
  package var task: Int
  /// What it waits for: equal for those who wait for the same.
  package var object: UInt
  /// Where it does.
  package var site: UInt
  /// Where the function was called that does; 0 where that is not known.
  package var caller: UInt = 0
  /// The number of the task that holds it; nil where nobody does that is known.
  package var holder: Int?
  /// It waits for the end of that task, which is a thread, and for nothing that it holds.
  package var isForEnd = false
  /// Where that took it; 0 where that is not known.
  package var heldSince: UInt
  /// The function of the system's in which it waits, where that is one by which files are waited for.
  package var call: String?
}
