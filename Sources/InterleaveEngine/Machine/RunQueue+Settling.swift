/// Which jobs of a mailbox may run next.
///
/// While all are equally urgent, a job may run if no other's latest arrival lies before its
/// earliest one. Since jobs are in the order of their earliest arrivals, those that may run are
/// the first few, the *front* of the mailbox: it reaches as far as earliest arrivals are not
/// above the least of the latest ones before. So a job that comes or goes moves the front's end.
/// Where urgencies differ, the mailbox is looked at as a whole.
extension RunQueue {
  /// Brings up to date which jobs may run.
  @inline(__always)
  func settle() {
    if !unsettled.isEmpty { settleAll() }
  }

  @inline(never)
  private func settleAll() {
    for index in 0..<unsettled.count {
      let mailbox = mailboxes.known(at: Int(unsettled.known(at: index).pointee))
      mailbox.pointee.isUnsettled = false
      if mailbox.pointee.isMixed {
        mailbox.pointee.hasFront = false
        settleMixed(mailbox)
      } else {
        moveFront(of: mailbox)
      }
    }
    unsettled.removeAll()
  }

  // MARK: The front

  @inline(__always)
  private func moveFront(of mailbox: UnsafeMutablePointer<Mailbox>) {
    if !mailbox.pointee.hasFront {
      mailbox.pointee.hasFront = true
      clearFront(of: mailbox)
    } else if mailbox.pointee.lacksLeast {
      findLeast(of: mailbox)
    }
    mailbox.pointee.lacksLeast = false
    shortenFront(of: mailbox)
    while mailbox.pointee.frontier >= 0 {
      let slot = mailbox.pointee.frontier
      let job = jobs.known(at: Int(slot))
      guard job.pointee.arrival.earliest <= mailbox.pointee.least else { return }
      enable(slot)
      mailbox.pointee.least = min(mailbox.pointee.least, job.pointee.arrival.latest)
      mailbox.pointee.frontier = job.pointee.next
    }
  }

  /// Begins anew, where urgencies differed before.
  private func clearFront(of mailbox: UnsafeMutablePointer<Mailbox>) {
    for slot in waiting(in: mailbox) { disable(slot) }
    mailbox.pointee.frontier = mailbox.pointee.first
    mailbox.pointee.least = .max
  }

  @inline(__always)
  private func findLeast(of mailbox: UnsafeMutablePointer<Mailbox>) {
    var least = Int.max
    for slot in waiting(in: mailbox) {
      if slot == mailbox.pointee.frontier { break }
      least = min(least, jobs.known(at: Int(slot)).pointee.arrival.latest)
    }
    mailbox.pointee.least = least
  }

  /// Takes those out at the front's end whom the arrival of another has come before.
  ///
  /// What is taken out arrived after the least of the latest arrivals, so that is none of theirs.
  @inline(__always)
  private func shortenFront(of mailbox: UnsafeMutablePointer<Mailbox>) {
    while true {
      let frontier = mailbox.pointee.frontier
      let slot =
        frontier < 0 ? mailbox.pointee.last : jobs.known(at: Int(frontier)).pointee.previous
      guard slot >= 0 else { return }
      guard jobs.known(at: Int(slot)).pointee.arrival.earliest > mailbox.pointee.least else {
        return
      }
      disable(slot)
      mailbox.pointee.frontier = slot
    }
  }

  // MARK: Different urgencies

  /// The jobs of the mailbox's urgency have gone: it takes another one's.
  func recountUrgencies(of mailbox: UnsafeMutablePointer<Mailbox>) {
    mailbox.pointee.urgency = jobs[Int(mailbox.pointee.first)].arrival.urgency
    mailbox.pointee.others = 0
    for slot in waiting(in: mailbox)
    where jobs[Int(slot)].arrival.urgency != mailbox.pointee.urgency {
      mailbox.pointee.others += 1
    }
  }

  /// Decides for each job of a mailbox, by the least of the latest arrivals of each urgency.
  private func settleMixed(_ mailbox: UnsafeMutablePointer<Mailbox>) {
    var least = SIMD8<Int>(repeating: .max)
    for slot in waiting(in: mailbox) {
      let arrival = jobs[Int(slot)].arrival
      let urgency = Int(arrival.urgency)
      least[urgency] = min(least[urgency], arrival.latest)
    }
    for slot in waiting(in: mailbox) {
      if mayGoFirst(slot, least, mailbox) { enable(slot) } else { disable(slot) }
    }
  }

  /// Tells whether no other job must precede a job.
  ///
  /// - Parameter least: The least of the latest arrivals of each urgency.
  private func mayGoFirst(
    _ slot: Int32, _ least: SIMD8<Int>, _ mailbox: UnsafeMutablePointer<Mailbox>
  ) -> Bool {
    let arrival = jobs[Int(slot)].arrival
    for urgency in arrival.urgency...Arrival.mostUrgent {
      let first = Arrival(earliest: 0, latest: least[Int(urgency)], urgency: urgency)
      if first.mustPrecede(arrival, lastEnd: mailbox.pointee.lastEnd) { return false }
    }
    guard mailbox.pointee.freeSince != .max else { return true }
    // A less urgent one goes first if it did not wait for a thread.
    return waiting(in: mailbox).allSatisfy { other in
      let rival = jobs[Int(other)].arrival
      return rival.urgency >= arrival.urgency || rival.latest >= arrival.earliest
        || !surelyTookActor(other, limit: arrival.urgency)
    }
  }

  /// Tells whether a job surely found its actor free and went on there.
  ///
  /// - Parameter limit: Only jobs that are less urgent than this may have been there
  ///   before.
  func surelyTookActor(_ slot: Int32, limit: UInt8 = .max) -> Bool {
    let job = jobs.pointer(at: Int(slot))
    let mailbox = mailboxes.pointer(at: Int(job.pointee.executor))
    let arrival = job.pointee.arrival
    guard arrival.takesFreeActor, mailbox.pointee.freeSince <= arrival.earliest else {
      return false
    }
    let others = waiting(in: mailbox).lazy.filter { $0 != slot }.map { jobs[Int($0)].arrival }
    return arrival.surelyTookActor(
      among: others, freeSince: mailbox.pointee.freeSince, limit: limit)
  }

  // MARK: Lists

  /// The jobs that wait in a mailbox, in the order in which they began to.
  private func waiting(in mailbox: UnsafeMutablePointer<Mailbox>) -> MailboxJobs {
    MailboxJobs(jobs: jobs, slot: mailbox.pointee.count > 0 ? mailbox.pointee.first : -1)
  }

  private struct MailboxJobs: Sequence, IteratorProtocol {
    let jobs: Column<Job>
    var slot: Int32

    mutating func next() -> Int32? {
      guard slot >= 0 else { return nil }
      defer { slot = jobs.pointer(at: Int(slot)).pointee.next }
      return slot
    }
  }

  @inline(__always)
  private func enable(_ slot: Int32) {
    let job = jobs.known(at: Int(slot))
    guard !job.pointee.isEnabled else { return }
    job.pointee.isEnabled = true
    enabled.insert(slot)
  }

  private func disable(_ slot: Int32) {
    let job = jobs.pointer(at: Int(slot))
    guard job.pointee.isEnabled else { return }
    job.pointee.isEnabled = false
    enabled.remove(slot)
  }
}
