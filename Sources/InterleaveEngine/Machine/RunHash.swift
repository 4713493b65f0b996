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
    /// The objects that stand for its executor and its task.
    var executor: UInt
    var task: UInt
    /// How it depends on what timers do; nil where there are none.
    var time: AccessMode?
  }

  private let scratch: Scratch
  private let places: Int
  /// No object from this one on counts.
  private let end: UInt
  /// The hash of the steps that were added.
  private(set) var total: UInt64 = 0

  /// Begins.
  ///
  /// - Parameters:
  ///   - scratch: Forgets all hashes that were made with it before.
  ///   - locks: How many locks there are; nil to leave out the order in which they were taken.
  @inline(__always)
  init(in scratch: Scratch, executors: Int, tasks: Int, locks: Int?) {
    self.scratch = scratch
    places = TouchedObject.places(executors: executors, tasks: tasks)
    end = locks == nil ? TouchedObject.firstLock : .max
    scratch.sums.removeAll()
    scratch.sums.append(repeating: ObjectSum(), count: places + (locks ?? 0) + 1)
    scratch.hashes.removeAll()
  }

  /// Adds the next step, with some of all touches.
  @inline(__always)
  mutating func add(_ step: Step, _ touches: Column<Touch>, _ own: Range<Int>) {
    var gathered = gather(step.executor, .exclusive) &+ gather(step.task, .exclusive)
    if let mode = step.time { gathered &+= gather(TouchedObject.time.name, mode) }
    if step.cause >= 0 {
      gathered &+= fold(
        scratch.hashes.known(at: step.cause).pointee ^ 0xE703_7ED1_A0B4_28DB,
        0x8EBC_6AF0_9C88_C6E3)
    }
    for index in own {
      let touch = touches.known(at: index).pointee
      if touch.object < end { gathered &+= gather(touch.object, touch.mode) }
    }
    let hash = mix(step.name, gathered)
    leave(hash, step.executor, .exclusive)
    leave(hash, step.task, .exclusive)
    if let mode = step.time { leave(hash, TouchedObject.time.name, mode) }
    for index in own {
      let touch = touches.known(at: index).pointee
      if touch.object < end { leave(hash, touch.object, touch.mode) }
    }
    scratch.hashes.append(hash)
    total &+= hash
  }

  func hash(ofStep index: Int) -> UInt64 { scratch.hashes[index] }

  /// Where the sums of an object lie: locks behind all that the machine names.
  @inline(__always)
  private func place(of object: UInt) -> Int {
    guard object >= TouchedObject.firstLock else { return TouchedObject.place(of: object) }
    return places + Int(object & (TouchedObject.firstLock - 1))
  }

  /// What those left at an object on which an access depends.
  ///
  /// It is but added to others, and mixed with what they come to, so that one multiplication does.
  @inline(__always)
  private func gather(_ object: UInt, _ mode: AccessMode) -> UInt64 {
    // Whoever touched it without a conflict must leave no trace here.
    let sum = scratch.sums.known(at: place(of: object)).pointee
    return switch mode {
    case .exclusive:
      fold(sum.first ^ 0x9E37_79B9_7F4A_7C15, sum.second ^ 0xBF58_476D_1CE4_E5B9)
    case .first: fold(sum.second ^ 0x94D0_49BB_1331_11EB, 0x2545_F491_4F6C_DD1D)
    case .second: fold(sum.first ^ 0xD6E8_FEB8_6659_FD93, 0xA076_1D64_78BD_642F)
    }
  }

  @inline(__always)
  private func leave(_ hash: UInt64, _ object: UInt, _ mode: AccessMode) {
    let sum = scratch.sums.known(at: place(of: object))
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
