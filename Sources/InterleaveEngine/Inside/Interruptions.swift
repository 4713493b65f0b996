internal import CInterleave

/// Where a step can be interrupted inside, so that steps of other tasks run before it goes on.
package enum Interruptions: Int, Sendable, Comparable {
  /// Nowhere: each step runs from its beginning to its end.
  case never
  /// Before an operation whose order with those of other tasks matters: taking a lock, cancelling,
  /// asking for a cancellation, resuming a continuation, yielding to a stream, signalling, changing an
  /// atomic.
  case before
  /// Also after a task was made or woken, and after a lock was given back.
  case everywhere

  package static func < (lhs: Interruptions, rhs: Interruptions) -> Bool {
    lhs.rawValue < rhs.rawValue
  }

  /// Where steps must be interrupted for the deviations to find their places.
  package init(of deviations: [RawDeviation]) {
    let keys = deviations.flatMap { [$0.picked, $0.passedOver] }.filter(\.isInside)
    self = keys.isEmpty ? .never : keys.contains(where: \.isAfter) ? .everywhere : .before
  }

  /// Why steps cannot be interrupted inside in this process; nil where they can.
  package static let obstacle: String? = {
    do throws(TakeoverError) {
      try Takeover.install()
    } catch {
      return error.fact
    }
    return il_carriers_obstacle().map { String(cString: $0) } ?? RuntimeFact.carriers.complaint
  }()
}

extension Interruptions {
  /// Why steps cannot be interrupted at the atomic instructions of the program in this process; nil
  /// where they can.
  package static let obstacleAtAtomics: String? =
    il_carriers_heed_atomics().map { String(cString: $0) }
}

extension StepKey {
  /// How many low bits of an ordinal count a task's steps: the others count the points inside
  /// the step.
  static let stepBits: Int32 = 18

  /// The ordinal of what a step has still to do at a point.
  ///
  /// - Parameters:
  ///   - step: How many steps of the task ran before.
  ///   - point: Which place inside the step it is, from 0 up.
  package static func ordinal(ofStep step: Int32, point: UInt32) -> Int32 {
    step | (Int32(truncatingIfNeeded: point) + 1) << stepBits
  }

  /// An ordinal names what a step has still to do that was interrupted inside.
  static func isInside(_ ordinal: Int32) -> Bool { ordinal >> stepBits != 0 }

  /// How many steps of the task ran before the one that an ordinal belongs to.
  package static func step(ofOrdinal ordinal: Int) -> Int { ordinal & (1 << stepBits - 1) }

  /// The step was interrupted inside, and goes on.
  package var isInside: Bool { Self.isInside(ordinal) }

  /// It was interrupted before its first operation, where only parts of steps are told apart.
  var isBeforeFirst: Bool { ordinal >> Self.stepBits == Int32(IL_FIRST_POINT) + 1 }

  /// Of two things that a task does, this is the first.
  func comesBefore(_ other: StepKey) -> Bool {
    let steps = (Self.step(ofOrdinal: Int(ordinal)), Self.step(ofOrdinal: Int(other.ordinal)))
    guard steps.0 == steps.1 else { return steps.0 < steps.1 }
    return placeInStep < other.placeInStep
  }

  /// Where in its step it begins: before the first operation comes before all else.
  private var placeInStep: Int32 {
    isBeforeFirst ? 1 : isInside ? 2 + ordinal >> Self.stepBits : 0
  }

  /// It was interrupted after an operation, and not before one.
  var isAfter: Bool {
    isInside && !isBeforeFirst && (ordinal >> Self.stepBits).isMultiple(of: 2)
  }
}
