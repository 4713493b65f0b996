/// What could run now: the baseline's choice first, timers last.
///
/// Where the queue has many jobs that may run, they are not copied for each choice: the list only
/// says in which order they count. Who looks at more than a few of them has them copied after all.
struct EnabledList {
  typealias Entry = RunQueue.Entry

  struct State {
    fileprivate let queue: EnabledJobs
    fileprivate var own = Column<Entry>.Header()
    /// So many are the queue's, and come before those of the list itself.
    fileprivate var borrowed = 0
    /// The queue's place of the one that comes first.
    fileprivate var first = 0
    /// How often somebody looked at one of those.
    fileprivate var looks = 0
    /// The queue is still as it was.
    fileprivate var isValid = true

    init(of queue: EnabledJobs) { self.queue = queue }

    func deallocate() { own.deallocate() }
  }

  /// As often as this is looked up what is not copied.
  private static let looks = 8

  let state: UnsafeMutablePointer<State>

  @inline(__always)
  init(at state: UnsafeMutablePointer<State>) { self.state = state }

  private var queue: EnabledJobs { state.pointee.queue }
  @inline(__always) private var own: Column<Entry> { Column(at: &state.pointee.own) }

  @inline(__always) var count: Int { state.pointee.borrowed &+ own.count }
  @inline(__always) var isEmpty: Bool { count == 0 }

  @inline(__always)
  subscript(index: Int) -> Entry {
    if !areMany { return own[index] }
    return look(at: index)
  }

  /// The one at an index, and the one that comes first.
  @inline(__always)
  func chosen(at index: Int) -> (chosen: Entry, first: Entry) {
    if areMany { return (look(at: index), look(at: 0)) }
    return (own[index], own.known(at: 0).pointee)
  }

  /// The same for an index that is known to be one of the list's.
  @inline(__always)
  func known(at index: Int) -> Entry {
    if !areMany { return own.known(at: index).pointee }
    return look(at: index)
  }

  /// Where the steps lie until the next change, unless they are many.
  @inline(__always) var base: UnsafeMutablePointer<Entry> { own.base }

  /// The steps, valid until the next change.
  var elements: UnsafeBufferPointer<Entry> {
    if areMany { copy() }
    return own.elements
  }

  @inline(__always)
  func removeAll() {
    own.removeAll()
    state.pointee.borrowed = 0
  }

  @inline(__always) func reserve(_ count: Int) { own.reserve(count) }

  /// Adds a step at the end.
  @inline(__always) func append(_ entry: Entry) { own.append(entry) }

  /// Fills the empty list with the jobs of the queue that may run.
  ///
  /// - Parameter first: The queue's place of the one that is to come first.
  @inline(__always)
  func fill(first: Int) {
    guard !queue.areMany else { return borrow(first: first) }
    own.append(contentsOf: queue.elements, first: first)
  }

  /// Moves a step to the front; the others keep their order.
  func moveToFront(_ index: Int) {
    if areMany { copy() }
    own.moveToFront(index)
  }

  func remove(at index: Int) {
    if areMany { copy() }
    own.remove(at: index)
  }

  /// A step has been chosen, and from here on the queue changes: nobody looks any more at what is
  /// not copied.
  @inline(__always) func close() { state.pointee.isValid = false }

  /// Looking at all of them costs more than a moment: most are not copied.
  @inline(__always) var areMany: Bool { state.pointee.borrowed > 0 }

  /// Where a job of the queue is that may run, while they are many.
  func index(ofSerial serial: Int32) -> Int {
    let place = queue.place(of: serial)
    let first = state.pointee.first
    return place == first ? 0 : place < first ? place + 1 : place
  }

  /// Where the first step is that is not the queue's and of which something holds, while they are
  /// many.
  func firstAddedIndex(where holds: (Entry) -> Bool) -> Int? {
    own.elements.firstIndex(where: holds).map { $0 + state.pointee.borrowed }
  }

  // MARK: What is not copied

  private func borrow(first: Int) {
    state.pointee.borrowed = queue.count
    state.pointee.first = first
    state.pointee.looks = 0
    state.pointee.isValid = true
  }

  private func look(at index: Int) -> Entry {
    precondition(state.pointee.isValid, "what could run is looked at before the choice")
    if index >= state.pointee.borrowed { return own[index - state.pointee.borrowed] }
    state.pointee.looks += 1
    if state.pointee.looks > Self.looks {
      copy()
      return own[index]
    }
    let first = state.pointee.first
    return queue[index == 0 ? first : index <= first ? index - 1 : index]
  }

  private func copy() {
    precondition(state.pointee.isValid, "what could run is looked at before the choice")
    own.insert(queue.elements, first: state.pointee.first)
    state.pointee.borrowed = 0
  }
}
