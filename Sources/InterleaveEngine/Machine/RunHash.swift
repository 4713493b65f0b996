/// Hashes a run, step by step, so that runs have the same hash that differ only in the order of
/// independent steps.
///
/// It is made of the orders in which steps touched each object: of the names of those in a row that
/// touched it in the same mode, which may change places, the sum counts, and all such sums are
/// mixed one after the other. These orders, and which step made which ready, tell what has to
/// happen before what, so that nothing else need be known of a step.
struct RunHash {
  /// What a hash is made with, kept from run to run.
  struct Scratch {
    fileprivate let orders = Column<ObjectOrder>()
    fileprivate let names = Column<UInt64>()

    func deallocate() {
      orders.deallocate()
      names.deallocate()
    }
  }

  /// What is told of a step besides what it touched.
  struct Step {
    /// Tells it from others.
    var name: UInt64
    /// The step that made it ready; -1 for none.
    var cause: Int
    /// The places of the objects that stand for its executor and its task.
    var executor: Int
    var task: Int
    /// How it depends on what timers do; nil where there are none.
    var time: AccessMode?
  }

  // Where things lie is asked once: each is touched several times for each step.
  private let orders: UnsafeMutablePointer<ObjectOrder>
  private let names: UnsafeMutablePointer<UInt64>
  private let touches: UnsafeMutablePointer<Touch>
  private let count: Int
  private let places: Int
  /// No object from this one on counts.
  private let end: UInt
  /// What made the steps ready that were added.
  private var causes: UInt64 = 0

  /// Begins.
  ///
  /// - Parameters:
  ///   - scratch: Forgets all that was hashed with it before.
  ///   - touches: All touches of the run.
  ///   - steps: How many steps are added at most.
  ///   - locks: How many locks there are; nil to leave out the order in which they were taken.
  @inline(__always)
  init(
    in scratch: Scratch, touches: Column<Touch>, steps: Int, executors: Int, tasks: Int,
    locks: Int?
  ) {
    places = TouchedObject.places(executors: executors, tasks: tasks)
    end = locks == nil ? TouchedObject.firstLock : .max
    count = places + (locks ?? 0) + 1
    scratch.orders.removeAll()
    scratch.orders.append(repeating: ObjectOrder(), count: count)
    scratch.names.reserve(steps)
    orders = scratch.orders.base
    names = scratch.names.base
    self.touches = touches.base
  }

  /// Adds the next step, with some of all touches.
  ///
  /// - Parameter number: How many were added before.
  @inline(__always)
  mutating func add(_ step: Step, number: Int, _ own: Range<Int>) {
    let name = step.name
    names[number] = name
    if step.cause >= 0 {
      causes &+= fold(names[step.cause], name)
    }
    orders[step.executor].add(name, .exclusive)
    orders[step.task].add(name, .exclusive)
    if let mode = step.time { orders[TouchedObject.placeOfTime].add(name, mode) }
    var touch = touches + own.lowerBound
    let last = touches + own.upperBound
    while touch < last {
      let object = touch.pointee.object
      if object < end { orders[place(of: object)].add(name, touch.pointee.mode) }
      touch += 1
    }
  }

  /// The hash of all that was added.
  var total: UInt64 {
    var total = causes
    for place in 0..<count { total &+= orders[place].hash }
    return total
  }

  /// The name of one of the steps that were added.
  @inline(__always)
  func name(ofStep index: Int) -> UInt64 { names[index] }

  /// Where the order of an object lies: locks behind all that the machine names.
  @inline(__always)
  private func place(of object: UInt) -> Int {
    guard object >= TouchedObject.firstLock else { return TouchedObject.place(of: object) }
    return places &+ Int(truncatingIfNeeded: object & (TouchedObject.firstLock - 1))
  }
}

/// In which order steps touched an object.
private struct ObjectOrder {
  /// What is made of all that touched it before others had to.
  private var before: UInt64 = 0
  /// The names of those since, all of one mode, added up.
  private var recent: UInt64 = 0
  private var mode = AccessMode.exclusive

  @inline(__always)
  mutating func add(_ name: UInt64, _ mode: AccessMode) {
    if mode == .exclusive || mode != self.mode {
      before = all
      recent = 0
      self.mode = mode
    }
    recent &+= name
  }

  /// The hash of all; 0 where none did.
  @inline(__always)
  var hash: UInt64 { before | recent == 0 ? 0 : all }

  @inline(__always)
  private var all: UInt64 { fold(before, recent) }
}
