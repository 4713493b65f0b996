/// The jobs that wait to run, and which of them may run next.
///
/// Both are kept up to date as jobs arrive and leave, so that a step costs no more than what it
/// changes, however many jobs wait. A job goes by its *slot*, a small number that somebody else
/// hands out, and an executor by its number in the run.
struct RunQueue {
  /// What decides when a job may run.
  struct Job {
    var arrival: Arrival
    var executor: Int32
    /// The executor that it left in flight; -1 where it did not leave a mailbox.
    var left: Int32
    /// The next one of those that left the same executor.
    var nextDeparture: Int32 = -1
    /// Its place in the order in which all jobs began to wait.
    var serial = 0
    var isWaiting = false
    var isEnabled = false

    init(_ arrival: Arrival, executor: Int32, left: Int32 = -1) {
      self.arrival = arrival
      self.executor = executor
      self.left = left
    }
  }

  /// The neighbours of a job in a list; -1 for none.
  struct Links {
    var previous: Int32 = -1
    var next: Int32 = -1
  }

  /// The ends of a list of jobs.
  struct Ends {
    var first: Int32 = -1
    var last: Int32 = -1
  }

  /// What decides in which order the jobs of one executor may run.
  struct Mailbox {
    /// It runs one job after the other, in the order in which they arrive.
    let isOrdered: Bool
    /// Whoever goes there leaves its thread's actor at once.
    let isGlobal: Bool
    var jobs = Ends()
    /// How many jobs of each urgency wait, and how many urgencies have any.
    var counts = SIMD8<Int32>()
    var urgencies = 0
    /// The moment at which its last step ended.
    var lastEnd = 0
    /// The moment since which it has surely been free, but for what waits; `.max` while
    /// a step runs on it, and until it is known that the thread has let go of it.
    var freeSince = 0
    /// The first of those that left it and are in flight.
    var firstDeparture: Int32 = -1
    /// Something happened that may have changed which of its jobs may run.
    var isUnsettled = false
    /// While all jobs are equally urgent, those that may run come first in the mailbox.
    var hasFront = true
    /// The first job behind them; -1 where all may run.
    var frontier: Int32 = -1
    /// The least of the front's latest arrivals, and whether that job has left.
    var least = Int.max
    var lacksLeast = false

    /// Jobs of different urgency wait.
    @inline(__always) var isMixed: Bool { urgencies > 1 }
  }

  private struct State {
    var isOrdered = true
    var serial = 0
    var waiting = Ends()
    var count = 0
  }

  let jobs = Column<Job>()
  /// By slot: the neighbours among all that wait, and among those of the mailbox.
  private let links = Column<Links>()
  let mailboxLinks = Column<Links>()
  let mailboxes = Column<Mailbox>()
  let unsettled = Column<Int32>()
  /// The jobs that may run, in the order in which they began to wait; valid when settled.
  let enabled = Column<Int32>()
  private let state: UnsafeMutablePointer<State>

  init() {
    state = .allocate(capacity: 1)
    state.initialize(to: State())
  }

  func deallocate() {
    jobs.deallocate()
    links.deallocate()
    mailboxLinks.deallocate()
    mailboxes.deallocate()
    unsettled.deallocate()
    enabled.deallocate()
    state.deallocate()
  }

  /// Forgets all jobs and executors.
  ///
  /// - Parameter isOrdered: Mailboxes run their jobs in the order in which they arrive.
  func removeAll(isOrdered: Bool) {
    jobs.removeAll()
    links.removeAll()
    mailboxLinks.removeAll()
    mailboxes.removeAll()
    unsettled.removeAll()
    enabled.removeAll()
    state.pointee = State(isOrdered: isOrdered)
  }

  /// How many jobs wait.
  @inline(__always) var count: Int { state.pointee.count }

  /// The job that has waited longest.
  @inline(__always) var oldest: Int32? { count == 0 ? nil : state.pointee.waiting.first }

  /// Adds the executor with the next number.
  func addExecutor(isMailbox: Bool, isGlobal: Bool) {
    mailboxes.append(
      Mailbox(isOrdered: isMailbox && state.pointee.isOrdered, isGlobal: isGlobal))
  }

  // MARK: What happens to jobs

  /// Notes what is known of a job, which does not wait yet.
  func register(_ slot: Int32, _ job: Job) {
    while jobs.count <= Int(slot) {
      _ = jobs.extend()
      _ = links.extend()
      _ = mailboxLinks.extend()
    }
    jobs.pointer(at: Int(slot)).initialize(to: job)
    guard job.left >= 0 else { return }
    let left = mailboxes.pointer(at: Int(job.left))
    jobs[Int(slot)].nextDeparture = left.pointee.firstDeparture
    left.pointee.firstDeparture = slot
  }

  /// Lets a job wait that was registered and that arrived after all others.
  func add(_ slot: Int32) {
    let job = jobs.pointer(at: Int(slot))
    precondition(!job.pointee.isWaiting, "a job waits in exactly one place")
    state.pointee.serial += 1
    state.pointee.count += 1
    job.pointee.serial = state.pointee.serial
    job.pointee.isWaiting = true
    append(slot, to: &state.pointee.waiting, links)
    let mailbox = mailboxes.pointer(at: Int(job.pointee.executor))
    guard mailbox.pointee.isOrdered else { return enable(slot, job) }
    append(slot, to: &mailbox.pointee.jobs, mailboxLinks)
    let urgency = Int(job.pointee.arrival.urgency)
    if mailbox.pointee.counts[urgency] == 0 { mailbox.pointee.urgencies += 1 }
    mailbox.pointee.counts[urgency] += 1
    if mailbox.pointee.frontier < 0 { mailbox.pointee.frontier = slot }
    unsettle(mailbox, job.pointee.executor)
  }

  /// Takes a job that may run.
  func take(_ slot: Int32) {
    let job = jobs.pointer(at: Int(slot))
    precondition(job.pointee.isWaiting && job.pointee.isEnabled, "a job that was chosen does wait")
    job.pointee.isWaiting = false
    state.pointee.count -= 1
    disable(slot, job)
    remove(slot, from: &state.pointee.waiting, links)
    let mailbox = mailboxes.pointer(at: Int(job.pointee.executor))
    guard mailbox.pointee.isOrdered else { return }
    if mailbox.pointee.frontier == slot { mailbox.pointee.frontier = mailboxLinks[Int(slot)].next }
    remove(slot, from: &mailbox.pointee.jobs, mailboxLinks)
    let urgency = Int(job.pointee.arrival.urgency)
    mailbox.pointee.counts[urgency] -= 1
    if mailbox.pointee.counts[urgency] == 0 { mailbox.pointee.urgencies -= 1 }
    let latest = job.pointee.arrival.latest
    if latest == mailbox.pointee.least, latest != .max { mailbox.pointee.lacksLeast = true }
    unsettle(mailbox, job.pointee.executor)
  }

  /// A step begins: that of a job that was taken, or that never waited.
  func beginStep(_ slot: Int32, at clock: Int) {
    let job = jobs.pointer(at: Int(slot))
    let mailbox = mailboxes.pointer(at: Int(job.pointee.executor))
    if job.pointee.left >= 0 { depart(slot, at: clock) }
    if mailbox.pointee.firstDeparture >= 0 { fixDepartures(from: mailbox, at: clock) }
    mailbox.pointee.freeSince = .max
    if mailbox.pointee.isMixed { unsettle(mailbox, job.pointee.executor) }
  }

  /// The step that ran on an executor has ended.
  @inline(__always)
  func endStep(on executor: Int32, at clock: Int) {
    let mailbox = mailboxes.pointer(at: Int(executor))
    mailbox.pointee.lastEnd = clock
    if mailbox.pointee.isMixed { unsettle(mailbox, executor) }
  }

  /// A task that left an actor goes on elsewhere, and no other step has begun on
  /// that actor since.
  ///
  /// A thread that goes along with its task lets go of the actor first.
  private func depart(_ slot: Int32, at clock: Int) {
    let job = jobs.pointer(at: Int(slot))
    let left = mailboxes.pointer(at: Int(job.pointee.left))
    if left.pointee.firstDeparture == slot {
      left.pointee.firstDeparture = job.pointee.nextDeparture
    } else {
      var before = left.pointee.firstDeparture
      while jobs[Int(before)].nextDeparture != slot { before = jobs[Int(before)].nextDeparture }
      jobs[Int(before)].nextDeparture = job.pointee.nextDeparture
    }
    let isGlobal = mailboxes.pointer(at: Int(job.pointee.executor)).pointee.isGlobal
    guard isGlobal || surelyTookActor(slot) else { return }
    left.pointee.freeSince = clock
    if left.pointee.isMixed { unsettle(left, job.pointee.left) }
  }

  /// A hop that left an actor has arrived by the time that actor's next step
  /// begins: the actor was released only after the task had been queued.
  private func fixDepartures(from mailbox: UnsafeMutablePointer<Mailbox>, at clock: Int) {
    var slot = mailbox.pointee.firstDeparture
    while slot >= 0 {
      let job = jobs.pointer(at: Int(slot))
      job.pointee.arrival.latest = clock
      job.pointee.left = -1
      let place = mailboxes.pointer(at: Int(job.pointee.executor))
      if place.pointee.isOrdered {
        if job.pointee.isEnabled, clock < place.pointee.least { place.pointee.least = clock }
        unsettle(place, job.pointee.executor)
      }
      slot = job.pointee.nextDeparture
    }
    mailbox.pointee.firstDeparture = -1
  }

  // MARK: Lists

  private func append(_ slot: Int32, to ends: inout Ends, _ links: Column<Links>) {
    links.pointer(at: Int(slot)).initialize(to: Links(previous: ends.last))
    if ends.last >= 0 {
      links.pointer(at: Int(ends.last)).pointee.next = slot
    } else {
      ends.first = slot
    }
    ends.last = slot
  }

  private func remove(_ slot: Int32, from ends: inout Ends, _ links: Column<Links>) {
    let own = links[Int(slot)]
    if own.previous >= 0 {
      links.pointer(at: Int(own.previous)).pointee.next = own.next
    } else {
      ends.first = own.next
    }
    if own.next >= 0 {
      links.pointer(at: Int(own.next)).pointee.previous = own.previous
    } else {
      ends.last = own.previous
    }
  }

  // MARK: The jobs that may run

  @inline(__always)
  func enable(_ slot: Int32, _ job: UnsafeMutablePointer<Job>) {
    guard !job.pointee.isEnabled else { return }
    job.pointee.isEnabled = true
    enabled.insert(slot, at: enabledPlace(of: job.pointee.serial))
  }

  @inline(__always)
  func disable(_ slot: Int32, _ job: UnsafeMutablePointer<Job>) {
    guard job.pointee.isEnabled else { return }
    job.pointee.isEnabled = false
    enabled.remove(at: enabledPlace(of: job.pointee.serial))
  }

  /// Where an enabled job is among them, or a job would be that is not.
  func enabledPlace(of serial: Int) -> Int {
    var low = 0
    var high = enabled.count
    if high > 0, jobs.pointer(at: Int(enabled[high - 1])).pointee.serial < serial { return high }
    while low < high {
      let middle = (low + high) / 2
      if jobs.pointer(at: Int(enabled[middle])).pointee.serial < serial {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  @inline(__always)
  private func unsettle(_ mailbox: UnsafeMutablePointer<Mailbox>, _ executor: Int32) {
    guard mailbox.pointee.isOrdered, !mailbox.pointee.isUnsettled else { return }
    mailbox.pointee.isUnsettled = true
    unsettled.append(executor)
  }
}
