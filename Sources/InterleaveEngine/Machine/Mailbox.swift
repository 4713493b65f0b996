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
  /// The priority with which it was queued; higher runs first.
  package var priority: UInt8

  package init(earliest: Int, latest: Int, priority: UInt8) {
    self.earliest = earliest
    self.latest = latest
    self.priority = priority
  }

  /// Tells whether this job can only run ahead of another of the same mailbox.
  ///
  /// A default actor takes, each time that a step on it ends, the job of highest
  /// priority among those that wait, first in first out within a priority. So of
  /// two jobs that both waited then, priority decides; of all others, arrival.
  ///
  /// - Parameters:
  ///   - other: Another job that waits in the same mailbox.
  ///   - lastEnd: The moment at which the last step on this executor ended.
  @inline(__always)
  package func mustPrecede(_ other: Arrival, lastEnd: Int) -> Bool {
    if priority == other.priority { return latest < other.earliest }
    if priority > other.priority { return latest <= lastEnd || latest < other.earliest }
    return other.earliest > lastEnd && latest < other.earliest
  }
}

/// The arrivals of one mailbox, boiled down to what decides who may run next.
///
/// While all jobs have one priority, a job may run next if no other's latest
/// arrival lies before its earliest one; two numbers tell. Otherwise each pair
/// must be compared.
package struct MailboxSummary: Sendable {
  private var least = Int.max
  private var second = Int.max
  private var priority: UInt8 = 0
  /// The number of jobs that wait.
  package private(set) var count = 0
  /// Jobs of different priorities wait.
  package private(set) var isMixed = false

  package init() {}

  /// Takes one more waiting job into account.
  @inline(__always)
  package mutating func add(_ arrival: Arrival) {
    if count == 0 {
      priority = arrival.priority
    } else if arrival.priority != priority {
      isMixed = true
    }
    count += 1
    if arrival.latest < least {
      second = least
      least = arrival.latest
    } else if arrival.latest < second {
      second = arrival.latest
    }
  }

  /// Tells whether one of the jobs that were added may run next, if all have one
  /// priority.
  @inline(__always)
  package func allows(_ arrival: Arrival) -> Bool {
    let others = arrival.latest == least ? second : least
    return arrival.earliest <= others
  }
}
