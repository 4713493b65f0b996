/// A way to make a recording simpler by degrees.
///
/// What it lowers is a number: the distance of a choice from its simplest value, how many
/// elements of a run are kept, or 1 for a change that is made or not.
struct ShrinkMove {
  /// The number as it is now; nothing can be done at 0.
  var size: UInt128
  /// The choices with the number lowered to one below `size`; nil where that is impossible.
  var candidate: (_ target: UInt128) -> [Choice]?
  /// How many indices further the next place is.
  var stride = 1
}

/// Which number to try next, to find a small one that still fails in few tries.
///
/// Zero first, then one less: if neither fails, the number is mostly as small as it gets, and
/// a few more are tried; if one less fails, then the space between is halved.
struct Descent {
  /// Up to this size all numbers are tried.
  private static let exhaustive: UInt128 = 8

  private var refused: Set<UInt128> = []
  private var isStepPossible = false

  /// The next number below `size` to try; nil when there is none.
  func next(below size: UInt128) -> UInt128? {
    guard size > 0 else { return nil }
    func open(_ target: UInt128) -> UInt128? {
      target < size && !refused.contains(target) ? target : nil
    }
    if let zero = open(0) { return zero }
    if size <= Self.exhaustive { return (1..<size).first { open($0) != nil } }
    if isStepPossible {
      let low = refused.filter { $0 < size }.max() ?? 0
      return size - low > 1 ? low + (size - low) / 2 : nil
    }
    if let step = open(size - 1) { return step }
    return [1, 2, size / 2, size - 2, size - size / 8 - 1].lazy.compactMap(open).first
  }

  mutating func refuse(_ target: UInt128) {
    refused.insert(target)
  }

  mutating func accept() {
    isStepPossible = true
  }
}

/// One kind of change, tried everywhere in a recording.
struct ShrinkPass: Sendable {
  /// What it changes, in a word or two.
  var name: String
  /// The move with an index, for a recording; nil after the last.
  ///
  /// A place where nothing can be done has a move of size 0.
  var move: @Sendable (_ recording: Recording, _ index: Int) -> ShrinkMove?
}

extension ShrinkMove {
  /// A place where nothing can be done.
  static var idle: ShrinkMove { ShrinkMove(size: 0) { _ in nil } }

  /// A place where nothing can be done, nor at those after it.
  ///
  /// - Parameter stride: How many indices further the next place is where something may be.
  static func idle(stride: Int) -> ShrinkMove {
    ShrinkMove(size: 0, candidate: { _ in nil }, stride: stride)
  }

  /// A change that is made or not.
  static func once(_ candidate: @escaping () -> [Choice]?) -> ShrinkMove {
    ShrinkMove(size: 1) { _ in candidate() }
  }
}
