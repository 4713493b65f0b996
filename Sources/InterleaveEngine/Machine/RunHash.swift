/// Hashes a run, step by step, so that runs have the same hash that differ only in the order of
/// independent steps.
///
/// A step's hash is made of its name and of the hashes of the steps on which it depends; an
/// object remembers the sum of those that touched it in either of two ways.
struct RunHash {
  /// What a hash is made with, kept from run to run.
  struct Scratch {
    fileprivate let sums = Column<ObjectSum>()
    fileprivate let hashes = Column<UInt64>()

    func deallocate() {
      sums.deallocate()
      hashes.deallocate()
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
  private let sums: UnsafeMutablePointer<ObjectSum>
  private let hashes: UnsafeMutablePointer<UInt64>
  private let touches: UnsafeMutablePointer<Touch>
  private let places: Int
  /// No object from this one on counts.
  private let end: UInt
  /// The hash of the steps that were added.
  private(set) var total: UInt64 = 0

  /// Begins.
  ///
  /// - Parameters:
  ///   - scratch: Forgets all hashes that were made with it before.
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
    scratch.sums.removeAll()
    scratch.sums.append(repeating: ObjectSum(), count: places + (locks ?? 0) + 1)
    scratch.hashes.reserve(steps)
    sums = scratch.sums.base
    hashes = scratch.hashes.base
    self.touches = touches.base
  }

  /// Adds the next step, with some of all touches.
  ///
  /// - Parameter number: How many were added before.
  @inline(__always)
  mutating func add(_ step: Step, number: Int, _ own: Range<Int>) {
    var gathered = gather(step.executor, .exclusive) &+ gather(step.task, .exclusive)
    if let mode = step.time { gathered &+= gather(TouchedObject.placeOfTime, mode) }
    if step.cause >= 0 {
      gathered &+= fold(
        hashes[step.cause] ^ 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3)
    }
    var index = own.lowerBound
    while index < own.upperBound {
      let touch = touches[index]
      if touch.object < end { gathered &+= gather(place(of: touch.object), touch.mode) }
      index &+= 1
    }
    let hash = mix(step.name, gathered)
    leave(hash, step.executor, .exclusive)
    leave(hash, step.task, .exclusive)
    if let mode = step.time { leave(hash, TouchedObject.placeOfTime, mode) }
    index = own.lowerBound
    while index < own.upperBound {
      let touch = touches[index]
      if touch.object < end { leave(hash, place(of: touch.object), touch.mode) }
      index &+= 1
    }
    hashes[number] = hash
    total &+= hash
  }

  /// The hash of one of the steps that were added.
  @inline(__always)
  func hash(ofStep index: Int) -> UInt64 { hashes[index] }

  /// Where the sums of an object lie: locks behind all that the machine names.
  @inline(__always)
  private func place(of object: UInt) -> Int {
    guard object >= TouchedObject.firstLock else { return TouchedObject.place(of: object) }
    return places &+ Int(truncatingIfNeeded: object & (TouchedObject.firstLock - 1))
  }

  /// What those left at the object at a place on which an access depends.
  ///
  /// It is but added to others, and mixed with what they come to, so that one multiplication does.
  @inline(__always)
  private func gather(_ place: Int, _ mode: AccessMode) -> UInt64 {
    // Whoever touched it without a conflict must leave no trace here.
    let sum = sums + place
    return switch mode {
    case .exclusive:
      fold(sum.pointee.first ^ 0x9E37_79B9_7F4A_7C15, sum.pointee.second ^ 0xBF58_476D_1CE4_E5B9)
    case .first: fold(sum.pointee.second ^ 0x94D0_49BB_1331_11EB, 0x2545_F491_4F6C_DD1D)
    case .second: fold(sum.pointee.first ^ 0xD6E8_FEB8_6659_FD93, 0xA076_1D64_78BD_642F)
    }
  }

  @inline(__always)
  private func leave(_ hash: UInt64, _ place: Int, _ mode: AccessMode) {
    let sum = sums + place
    if mode != .second { sum.pointee.first &+= hash }
    if mode != .first { sum.pointee.second &+= hash }
  }
}

/// The halves of a product, which depend on all of both factors.
@inline(__always)
private func fold(_ first: UInt64, _ second: UInt64) -> UInt64 {
  let product = first.multipliedFullWidth(by: second)
  return product.high ^ product.low
}

/// The sums of the hashes of the steps that touched an object: of those in the first
/// mode or exclusively, and of those in the second or exclusively.
private struct ObjectSum {
  var first: UInt64 = 0
  var second: UInt64 = 0
}
