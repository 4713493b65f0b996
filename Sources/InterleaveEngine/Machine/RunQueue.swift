/// The jobs that wait to run, and which of them may run next.
///
/// Both are kept up to date as jobs arrive and leave, so that a step costs no more than what it
/// changes, however many jobs wait. A job goes by its *slot*, a small number that somebody else
/// hands out, and an executor by its number in the run.
struct RunQueue {
  /// A job that may run, with what most strategies look at.
  ///
  /// Strategies look at all of them at every choice, so these lie side by side.
  struct Entry {
    var slot: Int32
    var task: Int32
    var executor: Int32
    /// How many steps of the task will have run before.
    var ordinal: Int32
  }

  /// What decides when a job may run.
  struct Job {
    var arrival: Arrival
    var task: Int32
    /// How many steps of the task will have run before.
    var ordinal: Int32
    var executor: Int32
    /// The executor that it left in flight; -1 where it did not leave a mailbox.
    var left: Int32
    /// The next one of those that left the same executor; -1 for none.
    var nextDeparture: Int32 = -1
    /// Its neighbours in its mailbox; -1 for none.
    var previous: Int32 = -1
    var next: Int32 = -1
    /// Its place in the order in which all jobs began to wait.
    var serial: Int32 = -1
    var isWaiting = false
    var isEnabled = false

    init(_ arrival: Arrival, task: Int32, ordinal: Int32, executor: Int32, left: Int32 = -1) {
      self.arrival = arrival
      self.task = task
      self.ordinal = ordinal
      self.executor = executor
      self.left = left
    }
  }

  /// What decides in which order the jobs of one executor may run.
  struct Mailbox {
    /// It runs one job after the other, in the order in which they arrive.
    let isOrdered: Bool
    /// Whoever goes there leaves its thread's actor at once.
    let isGlobal: Bool
    /// Something happened that may have changed which of its jobs may run.
    var isUnsettled = false
    /// While all jobs are equally urgent, those that may run come first in the mailbox.
    var hasFront = true
    /// The job with the least of the front's latest arrivals has left.
    var lacksLeast = false
    /// The urgency of some job, and how many are of another one.
    var urgency: UInt8 = 0
    var others: Int32 = 0
    var count: Int32 = 0
    var first: Int32 = -1
    var last: Int32 = -1
    /// The first job behind the front; -1 where all may run.
    var frontier: Int32 = -1
    /// The first of those that left it and are in flight.
    var firstDeparture: Int32 = -1
    /// The least of the front's latest arrivals.
    var least = Int.max
    /// The moment at which its last step ended.
    var lastEnd = 0
    /// The moment since which it has surely been free, but for what waits; `.max` while
    /// a step runs on it, and until it is known that the thread has let go of it.
    var freeSince = 0

    /// Jobs of different urgency wait.
    @inline(__always) var isMixed: Bool { others > 0 }
  }

  struct State {
    fileprivate var jobs = Column<Job>.Header()
    fileprivate var mailboxes = Column<Mailbox>.Header()
    fileprivate var unsettled = Column<Int32>.Header()
    fileprivate var order = Column<Int32>.Header()
    var enabled: EnabledJobs.State
    fileprivate var isOrdered = true
    fileprivate var count = 0
    /// All before this place of `order` have been taken.
    fileprivate var head = 0

    init(sideBySide: Int = RunQueue.sideBySide) {
      enabled = EnabledJobs.State(sideBySide: sideBySide)
    }

    func deallocate() {
      jobs.deallocate()
      mailboxes.deallocate()
      unsettled.deallocate()
      order.deallocate()
      enabled.deallocate()
    }
  }

  /// How many of the jobs that may run lie side by side at most.
  static let sideBySide = 128

  let state: UnsafeMutablePointer<State>

  @inline(__always)
  init(at state: UnsafeMutablePointer<State>) { self.state = state }

  @inline(__always) var jobs: Column<Job> { Column(at: &state.pointee.jobs) }
  @inline(__always) var mailboxes: Column<Mailbox> { Column(at: &state.pointee.mailboxes) }
  @inline(__always) var unsettled: Column<Int32> { Column(at: &state.pointee.unsettled) }
  /// The jobs that may run, in the order in which they began to wait; valid when settled.
  @inline(__always) var enabled: EnabledJobs { EnabledJobs(of: state) }
  /// All jobs that ever waited, in the order in which they began to.
  @inline(__always) var order: Column<Int32> { Column(at: &state.pointee.order) }

  /// Forgets all jobs and executors.
  ///
  /// - Parameter isOrdered: Mailboxes run their jobs in the order in which they arrive.
  func removeAll(isOrdered: Bool) {
    jobs.removeAll()
    mailboxes.removeAll()
    unsettled.removeAll()
    enabled.removeAll()
    order.removeAll()
    state.pointee.isOrdered = isOrdered
    state.pointee.count = 0
    state.pointee.head = 0
  }

  /// How many jobs wait.
  @inline(__always) var count: Int { state.pointee.count }

  /// The job that has waited longest.
  var oldest: Int32? {
    guard count > 0 else { return nil }
    while true {
      let slot = order[state.pointee.head]
      let job = jobs.pointer(at: Int(slot))
      if job.pointee.isWaiting, Int(job.pointee.serial) == state.pointee.head { return slot }
      state.pointee.head += 1
    }
  }

  /// Adds the executor with the next number.
  func addExecutor(isMailbox: Bool, isGlobal: Bool) {
    mailboxes.append(
      Mailbox(isOrdered: isMailbox && state.pointee.isOrdered, isGlobal: isGlobal))
  }

  /// Where a job waits.
  @inline(__always)
  func mailbox(of job: UnsafeMutablePointer<Job>) -> UnsafeMutablePointer<Mailbox> {
    mailboxes.known(at: Int(job.pointee.executor))
  }

  // MARK: What happens to jobs

  /// Notes what is known of a job that does not wait here yet: a timer's never does.
  @inline(__always)
  func register(_ slot: Int32, _ new: Job) -> UnsafeMutablePointer<Job> {
    while jobs.count <= Int(slot) { _ = jobs.extend() }
    let job = jobs.known(at: Int(slot))
    job.initialize(to: new)
    return job
  }

  /// Lets a job wait that arrived after all others, and of which it is noted what is known.
  @inline(__always)
  func add(
    _ slot: Int32, _ job: UnsafeMutablePointer<Job>, to mailbox: UnsafeMutablePointer<Mailbox>
  ) {
    job.pointee.serial = Int32(truncatingIfNeeded: order.count)
    order.append(slot)
    job.pointee.isWaiting = true
    state.pointee.count &+= 1
    if job.pointee.left >= 0 {
      let left = mailboxes.known(at: Int(job.pointee.left))
      job.pointee.nextDeparture = left.pointee.firstDeparture
      left.pointee.firstDeparture = slot
    }
    if !mailbox.pointee.isOrdered || enter(slot, job, mailbox) {
      job.pointee.isEnabled = true
      enabled.append(slot, job)
    }
  }

  /// Puts a job at the end of its mailbox.
  ///
  /// - Returns: It may run; otherwise it may not, or that is to be settled.
  @inline(__always)
  private func enter(
    _ slot: Int32, _ job: UnsafeMutablePointer<Job>, _ mailbox: UnsafeMutablePointer<Mailbox>
  ) -> Bool {
    let arrival = job.pointee.arrival
    mailbox.pointee.count &+= 1
    guard mailbox.pointee.count > 1 else {
      mailbox.pointee.first = slot
      mailbox.pointee.last = slot
      mailbox.pointee.urgency = arrival.urgency
      mailbox.pointee.hasFront = true
      mailbox.pointee.lacksLeast = false
      mailbox.pointee.least = arrival.latest
      return true
    }
    job.pointee.previous = mailbox.pointee.last
    jobs.known(at: Int(mailbox.pointee.last)).pointee.next = slot
    mailbox.pointee.last = slot
    if arrival.urgency != mailbox.pointee.urgency { mailbox.pointee.others += 1 }
    let isLate = mailbox.pointee.frontier >= 0
    if !isLate { mailbox.pointee.frontier = slot }
    guard !mailbox.pointee.isMixed else {
      unsettle(mailbox, job.pointee.executor)
      return false
    }
    guard !isLate, !mailbox.pointee.isUnsettled, arrival.earliest <= mailbox.pointee.least else {
      return false
    }
    mailbox.pointee.frontier = -1
    mailbox.pointee.least = min(mailbox.pointee.least, arrival.latest)
    return true
  }

  /// Takes a job that may run.
  ///
  /// - Parameter hint: Where it may be among those.
  @inline(__always)
  func take(
    _ slot: Int32, _ job: UnsafeMutablePointer<Job>, of mailbox: UnsafeMutablePointer<Mailbox>,
    hint: Int
  ) {
    precondition(job.pointee.isWaiting && job.pointee.isEnabled, "a job that was chosen waits")
    job.pointee.isWaiting = false
    job.pointee.isEnabled = false
    state.pointee.count &-= 1
    enabled.remove(slot, hint: hint)
    if mailbox.pointee.isOrdered { leave(job, mailbox) }
  }

  @inline(__always)
  private func leave(
    _ job: UnsafeMutablePointer<Job>, _ mailbox: UnsafeMutablePointer<Mailbox>
  ) {
    if mailbox.pointee.count == 1 { return empty(mailbox) }
    let (previous, next) = (job.pointee.previous, job.pointee.next)
    if previous >= 0 {
      jobs.known(at: Int(previous)).pointee.next = next
    } else {
      mailbox.pointee.first = next
    }
    if next >= 0 {
      jobs.known(at: Int(next)).pointee.previous = previous
    } else {
      mailbox.pointee.last = previous
    }
    mailbox.pointee.count &-= 1
    if job.pointee.arrival.urgency != mailbox.pointee.urgency {
      mailbox.pointee.others -= 1
    } else if mailbox.pointee.others == mailbox.pointee.count {
      recountUrgencies(of: mailbox)
    }
    let latest = job.pointee.arrival.latest
    if latest == mailbox.pointee.least, latest != .max { mailbox.pointee.lacksLeast = true }
    if mailbox.pointee.isMixed || !mailbox.pointee.hasFront || mailbox.pointee.lacksLeast {
      unsettle(mailbox, job.pointee.executor)
    }
  }

  /// The last job that waited leaves.
  @inline(__always)
  private func empty(_ mailbox: UnsafeMutablePointer<Mailbox>) {
    mailbox.pointee.first = -1
    mailbox.pointee.last = -1
    mailbox.pointee.count = 0
    mailbox.pointee.frontier = -1
    mailbox.pointee.others = 0
  }

  /// A step begins: that of a job that was taken, or that never waited.
  @inline(__always)
  func beginStep(
    _ slot: Int32, _ job: UnsafeMutablePointer<Job>, of mailbox: UnsafeMutablePointer<Mailbox>,
    at clock: Int
  ) {
    if job.pointee.left >= 0 { depart(slot, at: clock) }
    if mailbox.pointee.firstDeparture >= 0 { fixDepartures(from: mailbox, at: clock) }
    mailbox.pointee.freeSince = .max
    if mailbox.pointee.isMixed { unsettle(mailbox, job.pointee.executor) }
  }

  /// The step that ran on an executor has ended.
  @inline(__always)
  func endStep(on executor: Int32, at clock: Int) {
    let mailbox = mailboxes.known(at: Int(executor))
    mailbox.pointee.lastEnd = clock
    if mailbox.pointee.isMixed { unsettle(mailbox, executor) }
  }

  /// A task that left an actor goes on elsewhere, and no other step has begun on
  /// that actor since.
  ///
  /// A thread that goes along with its task lets go of the actor first.
  private func depart(_ slot: Int32, at clock: Int) {
    let job = jobs.known(at: Int(slot))
    let left = mailboxes.known(at: Int(job.pointee.left))
    if left.pointee.firstDeparture == slot {
      left.pointee.firstDeparture = job.pointee.nextDeparture
    } else {
      var before = left.pointee.firstDeparture
      while jobs[Int(before)].nextDeparture != slot { before = jobs[Int(before)].nextDeparture }
      jobs[Int(before)].nextDeparture = job.pointee.nextDeparture
    }
    let isGlobal = mailbox(of: job).pointee.isGlobal
    guard isGlobal || surelyTookActor(slot) else { return }
    left.pointee.freeSince = clock
    if left.pointee.isMixed { unsettle(left, job.pointee.left) }
  }

  /// A hop that left an actor has arrived by the time that actor's next step
  /// begins: the actor was released only after the task had been queued.
  private func fixDepartures(from mailbox: UnsafeMutablePointer<Mailbox>, at clock: Int) {
    var slot = mailbox.pointee.firstDeparture
    while slot >= 0 {
      let job = jobs.known(at: Int(slot))
      job.pointee.arrival.latest = clock
      job.pointee.left = -1
      let place = self.mailbox(of: job)
      if place.pointee.isOrdered { noteFix(of: job, place) }
      slot = job.pointee.nextDeparture
    }
    mailbox.pointee.firstDeparture = -1
  }

  /// The latest arrival of a job is known.
  @inline(__always)
  private func noteFix(
    of job: UnsafeMutablePointer<Job>, _ mailbox: UnsafeMutablePointer<Mailbox>
  ) {
    let arrival = job.pointee.arrival
    if job.pointee.isEnabled, arrival.latest < mailbox.pointee.least {
      mailbox.pointee.least = arrival.latest
    }
    let last = jobs.known(at: Int(mailbox.pointee.last))
    if mailbox.pointee.isMixed || last.pointee.arrival.earliest > arrival.latest {
      unsettle(mailbox, job.pointee.executor)
    }
  }

  @inline(__always)
  private func unsettle(_ mailbox: UnsafeMutablePointer<Mailbox>, _ executor: Int32) {
    guard mailbox.pointee.isOrdered, !mailbox.pointee.isUnsettled else { return }
    mailbox.pointee.isUnsettled = true
    unsettled.append(executor)
  }
}
