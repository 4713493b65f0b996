/// The jobs that may run, in the order in which they began to wait.
///
/// Few lie side by side, since strategies look at all of them at every choice. Many are only marked
/// in the order in which all jobs began to wait, so that one that comes or goes moves no others.
struct EnabledJobs {
  typealias Entry = RunQueue.Entry

  struct State {
    fileprivate var sideBySide = Column<Entry>.Header()
    fileprivate let marks = RankedSet()
    /// So many may lie side by side.
    fileprivate let most: Int
    fileprivate var count = 0
    /// They are too many to lie side by side.
    fileprivate var areMany = false
    /// While they are many: they have been laid side by side, and none has come or gone since.
    fileprivate var areSpread = false

    init(sideBySide most: Int) { self.most = most }

    func deallocate() {
      sideBySide.deallocate()
      marks.deallocate()
    }
  }

  /// All of the queue's, of which this is a part.
  private let queue: UnsafeMutablePointer<RunQueue.State>

  @inline(__always)
  init(of queue: UnsafeMutablePointer<RunQueue.State>) { self.queue = queue }

  @inline(__always) private var jobs: Column<RunQueue.Job> { RunQueue(at: queue).jobs }
  /// The slots of all jobs that ever waited, in the order in which they began to.
  @inline(__always) private var order: Column<Int32> { RunQueue(at: queue).order }
  @inline(__always)
  private var sideBySide: Column<Entry> { Column(at: &queue.pointee.enabled.sideBySide) }
  private var marks: RankedSet { queue.pointee.enabled.marks }
  @inline(__always) private var most: Int { queue.pointee.enabled.most }

  func removeAll() {
    sideBySide.removeAll()
    marks.removeAll()
    queue.pointee.enabled.count = 0
    queue.pointee.enabled.areMany = false
    queue.pointee.enabled.areSpread = false
  }

  @inline(__always) var count: Int { queue.pointee.enabled.count }
  @inline(__always) var isEmpty: Bool { queue.pointee.enabled.count == 0 }
  /// Looking at one costs more than a moment, and so does any change where they lie side by side.
  @inline(__always) var areMany: Bool { queue.pointee.enabled.areMany }

  /// The one with so many before it.
  subscript(place: Int) -> Entry {
    guard areMany, !queue.pointee.enabled.areSpread else { return sideBySide[place] }
    return entry(of: order[marks.member(at: place)])
  }

  /// All of them, valid until the next change.
  var elements: UnsafeBufferPointer<Entry> {
    if areMany, !queue.pointee.enabled.areSpread { spread() }
    return sideBySide.elements
  }

  /// Where an enabled job is among them, or a job would be that is not.
  func place(of serial: Int32) -> Int {
    if areMany { return marks.count(below: Int(serial)) }
    var low = 0
    var high = sideBySide.count
    if high > 0 {
      let last = self.serial(of: sideBySide.known(at: high &- 1).pointee)
      if last <= serial { return last == serial ? high &- 1 : high }
    }
    while low < high {
      let middle = (low &+ high) / 2
      if self.serial(of: sideBySide.known(at: middle).pointee) < serial {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  /// Adds a job that began to wait after all others here.
  @inline(__always)
  func append(_ slot: Int32, _ job: UnsafeMutablePointer<RunQueue.Job>) {
    guard !areMany, count < most else { return insert(slot) }
    queue.pointee.enabled.count &+= 1
    sideBySide.append(entry(of: slot, job))
  }

  /// Adds a job.
  func insert(_ slot: Int32) {
    if !areMany, count == most { mark() }
    let job = jobs.known(at: Int(slot))
    let serial = job.pointee.serial
    if areMany {
      queue.pointee.enabled.areSpread = false
      marks.insert(Int(serial))
    } else {
      insert(entry(of: slot, job), serial)
    }
    queue.pointee.enabled.count &+= 1
  }

  /// Puts a job among those that lie side by side.
  ///
  /// Mostly these are few.
  @inline(__always)
  private func insert(_ entry: Entry, _ serial: Int32) {
    var place = sideBySide.place()
    let base = sideBySide.base
    while place > base, self.serial(of: (place - 1).pointee) > serial {
      place.pointee = (place - 1).pointee
      place -= 1
    }
    place.pointee = entry
    sideBySide.addPlaced()
  }

  /// Takes a job away.
  ///
  /// - Parameter hint: Where it may be.
  @inline(__always)
  func remove(_ slot: Int32, hint: Int = .max) {
    queue.pointee.enabled.count &-= 1
    guard !areMany else { return unmark(jobs[Int(slot)].serial) }
    let isThere = hint < sideBySide.count && sideBySide.known(at: hint).pointee.slot == slot
    sideBySide.remove(at: isThere ? hint : place(of: jobs[Int(slot)].serial))
  }

  /// What strategies look at of a job.
  @inline(__always)
  func entry(of slot: Int32) -> Entry {
    entry(of: slot, jobs.pointer(at: Int(slot)))
  }

  @inline(__always)
  private func entry(of slot: Int32, _ job: UnsafeMutablePointer<RunQueue.Job>) -> Entry {
    Entry(
      slot: slot, task: job.pointee.task, executor: job.pointee.executor,
      ordinal: job.pointee.ordinal)
  }

  /// The job's place in the order in which all began to wait.
  @inline(__always)
  private func serial(of entry: Entry) -> Int32 {
    jobs.known(at: Int(entry.slot)).pointee.serial
  }

  // MARK: Between few and many

  /// They become many.
  private func mark() {
    for entry in sideBySide.elements { marks.insert(Int(serial(of: entry))) }
    queue.pointee.enabled.areMany = true
    queue.pointee.enabled.areSpread = true
  }

  /// Takes one away where they are many.
  private func unmark(_ serial: Int32) {
    marks.remove(Int(serial))
    queue.pointee.enabled.areSpread = false
    // Not at once, lest each that comes and goes lay all of them out.
    guard count <= most / 2 else { return }
    spread()
    for entry in sideBySide.elements { marks.remove(Int(self.serial(of: entry))) }
    queue.pointee.enabled.areMany = false
  }

  private func spread() {
    sideBySide.removeAll()
    sideBySide.reserve(count)
    marks.forEach { sideBySide.append(entry(of: order[$0])) }
    queue.pointee.enabled.areSpread = true
  }
}
