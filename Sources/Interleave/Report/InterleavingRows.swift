/// The rows of the table of an interleaving: which steps get one of their own.
struct InterleavingRows {
  enum Row: Hashable {
    case step(Int)
    /// Several steps in which nothing happened that a reader must know.
    case folded(Range<Int>)
  }

  /// Interleavings longer than this are folded between the places that matter.
  static let fullLength = 60
  /// How many steps stay around each place that matters in a long interleaving.
  static let context = 4

  let rows: [Row]

  /// - Parameter past: The steps on which the failure can rest; nil where that is not known, or
  ///   all are to be shown.
  init(_ interleaving: Interleaving, _ explanation: Explanation, past: Set<Int>? = nil) {
    let steps = interleaving.steps
    let essential = Self.essential(interleaving, explanation)
    let isLong = steps.count > Self.fullLength
    var rows: [Row] = []
    var foldable = 0..<0
    let flush = { (range: Range<Int>) in
      if range.count == 1 {
        rows.append(.step(range.lowerBound))
      } else if !range.isEmpty {
        rows.append(.folded(range))
      }
    }
    for (index, step) in steps.enumerated() {
      let isFar = !essential.contains { abs($0 - index) <= Self.context }
      let isSilent =
        step.changes.isEmpty && step.notes.isEmpty && step.events.isEmpty
        && (step.place == nil || step.isOwn)
      let isBeside = past?.contains(index) == false
      let isDull = isBeside || isSilent || isLong && isFar && !step.isEventful
      if isDull, !essential.contains(index) {
        foldable = foldable.isEmpty ? index..<index + 1 : foldable.lowerBound..<index + 1
      } else {
        flush(foldable)
        foldable = 0..<0
        rows.append(.step(index))
      }
    }
    flush(foldable)
    self.rows = rows
  }

  /// The steps that belong to a deviation or a collision, and the last one.
  private static func essential(
    _ interleaving: Interleaving, _ explanation: Explanation
  ) -> Set<Int> {
    let steps = interleaving.steps
    var essential: Set<Int> = steps.isEmpty ? [] : [steps.count - 1]
    for deviation in interleaving.deviations {
      essential.insert(deviation.index)
      if deviation.index > 0 { essential.insert(deviation.index - 1) }
      if let later = interleaving.indexOfStep(passedOverBy: deviation) { essential.insert(later) }
    }
    if let cancellation = interleaving.cancellation { essential.insert(cancellation.index - 1) }
    for (index, step) in steps.enumerated() where step.isPreemption || step.isStall {
      essential.insert(index)
    }
    for (index, step) in steps.enumerated() where step.isEventful { essential.insert(index) }
    for collision in explanation.collisions {
      essential.formUnion([collision.before, collision.between, collision.after])
    }
    for reversal in explanation.reversals {
      essential.formUnion([reversal.pair.first, reversal.pair.second])
    }
    return essential
  }
}

extension Interleaving.Step {
  /// It did what is told however long the interleaving is.
  fileprivate var isEventful: Bool {
    events.contains { $0.kind != .locked && $0.kind != .resumed }
  }
}
