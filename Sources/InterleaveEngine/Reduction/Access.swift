/// How a step touches something that other steps may touch, too.
package enum AccessMode: UInt8, Sendable {
  /// The order of this and of any other access matters.
  case exclusive
  /// The order of this and of another access of its own kind does not matter: two
  /// steps that read a task's result, or that send a hop towards one mailbox.
  case first
  /// The same, of a second kind: two steps that fix when hops have arrived.
  case second

  /// The order of two accesses to the same object matters.
  @inline(__always)
  package func conflicts(with other: AccessMode) -> Bool {
    self == .exclusive || other == .exclusive || self != other
  }
}

/// Something that a step touched: its executor, a mailbox, a task, a lock.
package struct Access: Sendable, Hashable {
  /// A name of the object.
  ///
  /// It means the same object in every run that made the same choices until the object
  /// was made, unless it is a lock.
  package var object: UInt64
  package var mode: AccessMode
  /// The name is an address, and means something in its own run alone.
  package var isLock: Bool
  /// It was made outside of the run: the name is an address, and means something in its own process
  /// alone.
  package var isOutside: Bool

  package init(object: UInt64, mode: AccessMode, isLock: Bool = false, isOutside: Bool = false) {
    self.object = object
    self.mode = mode
    self.isLock = isLock
    self.isOutside = isOutside
  }
}

extension Access {
  /// What stands for all that runs outside of actors.
  package static let outsideOfActors = Access(
    object: mix(0, UInt64(TouchedObject.executor(0).name & 0x7F)), mode: .exclusive)
  /// Virtual time, as a step that reads it touches it.
  package static let time = Access(
    object: mix(0, UInt64(TouchedObject.time.name & 0x7F)), mode: .first)
}

/// Why an exploration under the dependency relation proves nothing.
package struct ReductionLimits: OptionSet, Sendable, Hashable {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// A timer competed with waiting work: when it may depends on all other steps.
  package static let timers = ReductionLimits(rawValue: 1)
  /// Jobs of different priorities waited for one mailbox: the running of one may
  /// put another out of reach.
  package static let priorities = ReductionLimits(rawValue: 2)
  /// Something ran outside of the run's control.
  package static let escapes = ReductionLimits(rawValue: 4)
  /// A run took more steps than may be kept or run.
  package static let length = ReductionLimits(rawValue: 8)
  /// The same choices led to another run.
  package static let divergence = ReductionLimits(rawValue: 16)
  /// Who awaits and cancels tasks cannot be seen here.
  package static let blindness = ReductionLimits(rawValue: 32)
  /// More was left to try than can be kept in memory.
  package static let memory = ReductionLimits(rawValue: 64)
  /// Steps did something by which they may share something unseen: see ``UnseenSharing``.
  package static let sharing = ReductionLimits(rawValue: 128)
  /// A task was cancelled, and who did it was not seen.
  package static let cancellation = ReductionLimits(rawValue: 256)
  /// A step slept, or waited for a limited time: when that is over depends on how long the steps
  /// of others take.
  package static let clocks = ReductionLimits(rawValue: 512)
  /// A step did several things between which others could come, if it could be interrupted:
  /// see ``DividedStep``.
  package static let division = ReductionLimits(rawValue: 1024)
  /// Steps could be interrupted inside, where the relation takes each for a whole.
  package static let interruptions = ReductionLimits(rawValue: 2048)
  /// A condition is asked after every step, and may see what steps of several actors did.
  package static let conditions = ReductionLimits(rawValue: 4096)
  /// Blocks waited for their turns on dispatch queues.
  package static let queues = ReductionLimits(rawValue: 8192)
  /// The run has made threads.
  package static let threads = ReductionLimits(rawValue: 16384)
  /// Random numbers were drawn, of which other runs draw others.
  package static let randomness = ReductionLimits(rawValue: 32768)
}
