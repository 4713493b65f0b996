/// Something that a step touched, as the machine stores it.
struct Touch {
  var object: UInt
  var mode: AccessMode
}

/// When the job of a step arrived, when the step began, and where what it touched
/// begins in the list of all touches.
struct StepMoments {
  var earliest: Int
  var latest: Int
  var begin: Int
  var firstTouch: Int
  /// How many touches there were when another step made the job ready.
  var causeTouches: Int
}

/// Names what steps touch, within one run: a small number for what the machine
/// knows, and a large one, in the order of first use, for a lock.
enum TouchedObject {
  case executor(Int32)
  case mailbox(Int32)
  case task(Int32)
  case result(Int32)
  case cancellation(Int32)
  case randomness
  case time

  @inline(__always) var name: UInt {
    switch self {
    case .executor(let index): UInt(index) << 7 | 1 << 4
    case .mailbox(let index): UInt(index) << 7 | 2 << 4
    case .task(let index): UInt(index) << 7 | 3 << 4
    case .result(let index): UInt(index) << 7 | 4 << 4
    case .randomness: 5 << 4
    case .time: 6 << 4
    case .cancellation(let index): UInt(index) << 7 | 7 << 4
    }
  }

  /// The places of an executor and a task, as ``place(of:)`` has them.
  @inline(__always)
  static func place(ofExecutor index: Int32) -> Int { Int(index) << 3 | 1 }
  @inline(__always)
  static func place(ofTask index: Int32) -> Int { Int(index) << 3 | 3 }
  static let placeOfTime = 6

  /// No number of an executor or task comes near to this.
  static let firstLock: UInt = 1 << 32

  /// How many places a list needs that is indexed by ``place(of:)``.
  static func places(executors: Int, tasks: Int) -> Int { max(executors, tasks) << 3 }

  /// The place of a name of no lock in a list without large gaps.
  @inline(__always)
  static func place(of name: UInt) -> Int { Int(name >> 4) }
}
