/// The jobs that may run, in the order in which they began to wait.
///
/// Few lie side by side, since strategies look at all of them at every choice. Many are only marked
/// in the order in which all jobs began to wait, so that one that comes or goes moves no others.
struct EnabledJobs {
  typealias Entry = RunQueue.Entry

  private struct State {
    var count = 0
    /// They are too many to lie side by side.
    var areMany = false
    /// While they are many: they have been laid side by side, and none has come or gone since.
    var areSpread = false
  }

  /// So many may lie side by side.
  private let most: Int
  private let jobs: Column<RunQueue.Job>
  /// The slots of all jobs that ever waited, in the order in which they began to.
  private let order: Column<Int32>
  private let sideBySide = Column<Entry>()
  private let marks = RankedSet()
  private let state: UnsafeMutablePointer<State>

  init(of jobs: Column<RunQueue.Job>, order: Column<Int32>, sideBySide most: Int) {
    self.jobs = jobs
    self.order = order
    self.most = most
    state = .allocate(capacity: 1)
    state.initialize(to: State())
  }

  func deallocate() {
    sideBySide.deallocate()
    marks.deallocate()
    state.deallocate()
  }

  func removeAll() {
    sideBySide.removeAll()
    marks.removeAll()
    state.pointee = State()
  }

  @inline(__always) var count: Int { state.pointee.count }
  @inline(__always) var isEmpty: Bool { state.pointee.count == 0 }
  /// Looking at one costs more than a moment, and so does any change where they lie side by side.
  @inline(__always) var areMany: Bool { state.pointee.areMany }

  /// The one with so many before it.
  subscript(place: Int) -> Entry {
    guard areMany, !state.pointee.areSpread else { return sideBySide[place] }
    return entry(of: order[marks.member(at: place)])
  }

  /// All of them, valid until the next change.
  var elements: UnsafeBufferPointer<Entry> {
    if areMany, !state.pointee.areSpread { spread() }
    return sideBySide.elements
  }

  /// Where an enabled job is among them, or a job would be that is not.
  func place(of serial: Int32) -> Int {
    if areMany { return marks.count(below: Int(serial)) }
    var low = 0
    var high = sideBySide.count
    if high > 0, sideBySide.known(at: high - 1).pointee.serial <= serial {
      return sideBySide.known(at: high - 1).pointee.serial == serial ? high - 1 : high
    }
    while low < high {
      let middle = (low + high) / 2
      if sideBySide.known(at: middle).pointee.serial < serial {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low
  }

  /// Adds a job that began to wait after all others here.
  @inline(__always)
  func append(_ slot: Int32) {
    guard !areMany, count < most else { return insert(slot) }
    state.pointee.count += 1
    sideBySide.append(entry(of: slot))
  }

  /// Adds a job.
  func insert(_ slot: Int32) {
    if !areMany, count == most { mark() }
    let entry = entry(of: slot)
    if areMany {
      state.pointee.areSpread = false
      marks.insert(Int(entry.serial))
    } else {
      sideBySide.insert(entry, at: place(of: entry.serial))
    }
    state.pointee.count += 1
  }

  /// Takes a job away.
  ///
  /// - Parameter hint: Where it may be.
  @inline(__always)
  func remove(_ slot: Int32, hint: Int = .max) {
    let serial = jobs.pointer(at: Int(slot)).pointee.serial
    state.pointee.count -= 1
    guard !areMany else { return unmark(serial) }
    let isThere = hint < sideBySide.count && sideBySide[hint].slot == slot
    sideBySide.remove(at: isThere ? hint : place(of: serial))
  }

  /// What strategies look at of a job.
  @inline(__always)
  func entry(of slot: Int32) -> Entry {
    let job = jobs.pointer(at: Int(slot))
    return Entry(
      slot: slot, task: job.pointee.task, executor: job.pointee.executor,
      ordinal: job.pointee.ordinal, serial: job.pointee.serial)
  }

  // MARK: Between few and many

  /// They become many.
  private func mark() {
    for entry in sideBySide.elements { marks.insert(Int(entry.serial)) }
    state.pointee.areMany = true
    state.pointee.areSpread = true
  }

  /// Takes one away where they are many.
  private func unmark(_ serial: Int32) {
    marks.remove(Int(serial))
    state.pointee.areSpread = false
    // Not at once, lest each that comes and goes lay all of them out.
    guard count <= most / 2 else { return }
    spread()
    for entry in sideBySide.elements { marks.remove(Int(entry.serial)) }
    state.pointee.areMany = false
  }

  private func spread() {
    sideBySide.removeAll()
    sideBySide.reserve(count)
    marks.forEach { sideBySide.append(entry(of: order[$0])) }
    state.pointee.areSpread = true
  }
}
