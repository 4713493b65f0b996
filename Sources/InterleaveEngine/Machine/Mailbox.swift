/// When a job reached the mailbox that it waits in, as far as that is decided.
///
/// Moments are numbers of the run's event clock. A job that the running step
/// queued has arrived then and there. A hop is in flight: it arrives at its
/// earliest moment or any time later, until something fixes the latest.
package struct Arrival: Sendable, Equatable {
  /// The first moment at which the job may have been in the mailbox.
  package var earliest: Int
  /// The last moment at which it may have arrived; `.max` while it is in flight.
  package var latest: Int
  /// Its place among the priorities that the mailbox tells apart; higher runs first.
  package var urgency: UInt8
  /// The job is a task that, where it finds its actor free, goes on there at once,
  /// without waiting in the mailbox.
  package var takesFreeActor: Bool

  package init(earliest: Int, latest: Int, urgency: UInt8 = 0, takesFreeActor: Bool = false) {
    self.earliest = earliest
    self.latest = latest
    self.urgency = urgency
    self.takesFreeActor = takesFreeActor
  }

  /// Tells whether this job can only run ahead of another of the same mailbox.
  ///
  /// When a step on a default actor has ended, or when a thread has come to serve
  /// an actor that was idle, the most urgent of the jobs that wait is taken, first
  /// in first out among equals. That moment lies anywhere between the end of the
  /// last step and the beginning of the next, since the thread may be held up. So
  /// a more urgent job runs first if it arrived before the end of the last step,
  /// or before the other one did; a less urgent one need never.
  ///
  /// - Parameters:
  ///   - other: Another job that waits in the same mailbox.
  ///   - lastEnd: The moment at which the last step on this executor ended.
  @inline(__always)
  package func mustPrecede(_ other: Arrival, lastEnd: Int) -> Bool {
    if urgency == other.urgency { return latest < other.earliest }
    return urgency > other.urgency && (latest <= lastEnd || latest < other.earliest)
  }

  /// Tells whether this job surely found its actor free and went on there.
  ///
  /// - Parameters:
  ///   - others: The other jobs that wait in the mailbox.
  ///   - freeSince: The moment since which the actor has surely been free, but for
  ///     these jobs; `.max` where that is not known.
  ///   - limit: Others count only if they are less urgent than this, since whatever
  ///     is more urgent would itself be next.
  @inline(__always)
  package func surelyTookActor(
    among others: some Sequence<Arrival>, freeSince: Int, limit: UInt8 = .max
  ) -> Bool {
    takesFreeActor && freeSince <= earliest
      && others.allSatisfy {
        ($0.takesFreeActor && $0.earliest >= freeSince) || $0.earliest > latest
          || $0.urgency >= limit
      }
  }

  /// The most urgent kind of job.
  package static let mostUrgent: UInt8 = 4

  /// The place of a priority among those that a default actor tells apart.
  ///
  /// Its queue has one list for each of the five priorities with a name; any
  /// other counts as the next higher of them, and what lies above the highest, or
  /// below the lowest, as that one.
  @inline(__always)
  package static func urgency(ofPriority priority: UInt8) -> UInt8 {
    switch priority {
    case 0x1A...: mostUrgent
    case 0x16...: 3
    case 0x12...: 2
    case 0x0A...: 1
    default: 0
    }
  }
}
