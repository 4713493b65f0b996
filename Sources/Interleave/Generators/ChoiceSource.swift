import InterleaveEngine

/// Where generators draw from: fresh random choices, or recorded ones again.
///
/// In the closure of ``Generator/init(_:)`` it is called like a function:
///
/// ```swift
/// let users = Generator { draw in
///   User(name: try draw(.string()), age: try draw(.int(in: 0...120)))
/// }
/// ```
///
/// Replaying is lenient: a recorded choice that is out of range is taken as the nearest one in
/// range; one that is of another type, or missing, as the simplest. So every sequence of choices
/// makes some value, which is what lets the shrinker change them at will.
public final class ChoiceSource {
  /// After so many choices fresh ones are the simplest, so that what is drawn comes to an end.
  package static let softLimit = 20_000
  /// How deep draws may be nested: at 1.3 kB of stack a level (measured without optimization),
  /// what fits into the 512 kB of a secondary thread on Darwin.
  package static let depthLimit = 256

  private var random: SplitMix64
  private let replayed: [Choice]?
  private let tape: Tape?
  /// Something was drawn in vain, so that what is simplest may never do.
  private var hasRejected = false
  private var cursor = 0
  private var openSpans: [Int] = []
  private var depth = 0
  /// How many more levels a recursive generator that is being drawn from may open.
  var recursionLeft: Int?

  /// How well recorded choices fitted what was drawn; `unused` is right once all is drawn.
  package var fit: ReplayFit {
    var fit = partialFit
    fit.unused = max(0, (replayed?.count ?? 0) - cursor)
    return fit
  }
  private var partialFit = ReplayFit()

  /// What was drawn so far.
  package private(set) var recording = Recording()

  /// Makes a source of fresh choices.
  ///
  /// - Parameter seed: Any number; equal seeds draw equal values.
  package init(seed: UInt64) {
    random = SplitMix64(seed: seed)
    replayed = nil
    tape = nil
  }

  /// Makes a source that draws what was recorded.
  ///
  /// - Parameter choices: The choices, in order.
  package init(replaying choices: [Choice]) {
    random = SplitMix64(seed: 0)
    replayed = choices
    tape = nil
  }

  /// Makes a source that draws what a tape says.
  init(_ tape: Tape) {
    random = SplitMix64(seed: 0)
    replayed = nil
    self.tape = tape
  }

  /// Whether all recorded choices were drawn; never so for fresh ones.
  package var isExhausted: Bool {
    guard let replayed else { return false }
    return cursor >= replayed.count
  }

  /// Whether choices are fresh, and not recorded ones.
  package var isFresh: Bool { replayed == nil }

  /// Draws a value.
  ///
  /// - Parameter generator: What makes the value.
  /// - Throws: ``GeneratorError``, or what the generator's own closures throw.
  public func callAsFunction<Value>(_ generator: Generator<Value>) throws -> Value {
    guard depth < Self.depthLimit else { throw GeneratorError.tooDeep(limit: Self.depthLimit) }
    depth += 1
    defer { depth -= 1 }
    return try span(.value(ObjectIdentifier(Value.self))) { try generator.make(self) }
  }
}

// MARK: Choices

extension ChoiceSource {
  /// Draws an integer.
  ///
  /// - Parameters:
  ///   - range: At most 2⁶⁴ values.
  ///   - simplest: What it shrinks towards; in the range.
  ///   - fresh: Picks a value of the range at random.
  func integer(
    in range: ClosedRange<Int128>, simplest: Int128, fresh: (inout SplitMix64) -> Int128
  ) -> Int128 {
    let choice = choose(.integer(range, simplest: simplest)) { .integer(fresh(&$0)) }
    guard case .integer(let value) = choice else {
      preconditionFailure("an integer's domain gave \(choice)")
    }
    return value
  }

  /// Draws a truth value.
  ///
  /// - Parameters:
  ///   - forced: The only value that is possible here; nil for both. It is recorded all the
  ///     same, so that the choices after it keep their places where it is not forced.
  ///   - fresh: Picks a value at random.
  func boolean(forced: Bool? = nil, fresh: (inout SplitMix64) -> Bool) -> Bool {
    let choice = choose(.boolean(forced: forced)) { .boolean(forced ?? fresh(&$0)) }
    return choice == .boolean(true)
  }

  /// Draws a floating-point number.
  func double(
    in range: ClosedRange<Double>, allowsNaN: Bool, fresh: (inout SplitMix64) -> Double
  ) -> Double {
    let choice = choose(.double(range, allowsNaN: allowsNaN)) { .double(fresh(&$0)) }
    guard case .double(let bits) = choice else {
      preconditionFailure("a floating-point number's domain gave \(choice)")
    }
    return Double(bitPattern: bits)
  }

  /// Picks without recording: for what only steers the choices that are recorded.
  func steer<Result>(_ pick: (inout SplitMix64) -> Result) -> Result {
    pick(&random)
  }

  private func choose(
    _ domain: ChoiceDomain, fresh: (inout SplitMix64) -> Choice
  ) -> Choice {
    let value: Choice
    if let replayed {
      let recorded = cursor < replayed.count ? replayed[cursor] : nil
      value = recorded.map(domain.nearest(to:)) ?? domain.simplest
      partialFit.note(recorded, takenAs: value)
      cursor += 1
    } else if recording.choices.count >= Self.softLimit {
      value = domain.simplest
    } else if let tape, !tape.isAtEnd || !hasRejected {
      value = domain.value(of: tape.takeValue(domain.width))
    } else {
      value = fresh(&random)
    }
    recording.choices.append(RecordedChoice(value: value, domain: domain))
    return value
  }
}

// MARK: Structure

extension ChoiceSource {
  /// A place in the recording to go back to.
  struct Checkpoint {
    fileprivate var choices: Int
    fileprivate var spans: Int
  }

  var checkpoint: Checkpoint {
    Checkpoint(choices: recording.choices.count, spans: recording.spans.count)
  }

  /// Forgets what was recorded since; recorded choices that were drawn since stay drawn.
  func rollBack(to checkpoint: Checkpoint) {
    hasRejected = true
    recording.choices.removeLast(recording.choices.count - checkpoint.choices)
    recording.spans.removeLast(recording.spans.count - checkpoint.spans)
  }

  /// Marks the choices that `body` makes as belonging together.
  func span<Result>(_ kind: ChoiceSpan.Kind, _ body: () throws -> Result) rethrows -> Result {
    let index = recording.spans.count
    let start = recording.choices.count
    recording.spans.append(
      ChoiceSpan(kind: kind, parent: openSpans.last ?? -1, start: start, end: start))
    openSpans.append(index)
    defer {
      openSpans.removeLast()
      if index < recording.spans.count {
        recording.spans[index].end = recording.choices.count
      }
    }
    return try body()
  }

  /// Draws elements until there are enough.
  ///
  /// Before each element a truth value says whether there is one, so that deleting the stretch
  /// of choices that made an element leaves the same collection without it.
  ///
  /// - Parameters:
  ///   - count: How many there may be; its bounds not below 0.
  ///   - body: Draws one element; returns false if it is of no use, because the collection has
  ///     it already.
  /// - Throws: ``GeneratorError`` and what `body` throws.
  func elements(count: ClosedRange<Int>, _ body: () throws -> Bool) throws {
    guard count.lowerBound >= 0 else { throw GeneratorError.negativeCount(count.lowerBound) }
    let target = steer { $0.count(in: count) }
    var made = 0
    var useless = 0
    while true {
      let start = checkpoint
      if useless == Self.attempts || (useless > 0 && isExhausted && made < count.lowerBound) {
        guard made >= count.lowerBound else {
          throw GeneratorError.tooFewDistinct(found: made, needed: count.lowerBound)
        }
        recording.choices.append(
          RecordedChoice(value: .boolean(false), domain: .boolean(forced: nil)))
        return
      }
      let forced: Bool? = made < count.lowerBound ? true : made >= count.upperBound ? false : nil
      let outcome: Bool? = try span(.element) {
        guard boolean(forced: forced, fresh: { _ in made < target }) else { return nil }
        return try body()
      }
      switch outcome {
      case nil:
        recording.spans.remove(at: start.spans)
        return
      case true?:
        made += 1
        useless = 0
      case false?:
        rollBack(to: start)
        useless += 1
      }
    }
  }

  /// How often something that is rejected is drawn again.
  static var attempts: Int { 100 }
}
