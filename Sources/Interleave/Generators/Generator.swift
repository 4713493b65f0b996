// Generators: random values, drawn by choices that can be made again and shrunk.

/// A recipe for random values of a type.
///
/// A generator draws typed choices from a source that records them, so that each value it made
/// can be made again, and shrunk, by its choices alone. Make your own by drawing from others:
///
/// ```swift
/// let users = Generator { draw in
///   User(name: try draw(.string()), age: try draw(.int(in: 0...120)))
/// }
/// ```
///
/// Where the type of the values is known, a leading dot is enough: `.array(of: .int())`. Where it
/// is not, name any type: `Generator<Int>.int().map { "\($0)" }`.
///
/// A generator must draw all that is random in its value: equal choices, equal value.
public struct Generator<Value>: Sendable {
  let make: @Sendable (ChoiceSource) throws -> Value

  /// Makes a generator from a function that draws from others.
  ///
  /// - Parameter make: Draws what it needs by calling the source, and returns the value.
  public init(_ make: @escaping @Sendable (_ draw: ChoiceSource) throws -> Value) {
    self.make = make
  }

  /// A generator of what a function makes of this one's values.
  ///
  /// - Parameter transform: Makes the value; must always make the same of the same.
  public func map<Result>(
    _ transform: @escaping @Sendable (Value) throws -> Result
  ) -> Generator<Result> {
    Generator<Result> { draw in try transform(draw(self)) }
  }

  /// A generator that draws from another one, which depends on this one's value.
  ///
  /// - Parameter transform: Makes the second generator from the first value.
  public func flatMap<Result>(
    _ transform: @escaping @Sendable (Value) throws -> Generator<Result>
  ) -> Generator<Result> {
    Generator<Result> { draw in try draw(transform(draw(self))) }
  }

  /// A generator of those values that satisfy a predicate.
  ///
  /// What is rejected is drawn again, up to 100 times in a row. Prefer to make only wanted
  /// values: `.int(in: 0...50).map { $0 * 2 }` rather than a filter for even numbers.
  ///
  /// - Parameter isIncluded: Whether a value is wanted.
  public func filter(
    _ isIncluded: @escaping @Sendable (Value) throws -> Bool,
    fileID: String = #fileID, line: Int = #line
  ) -> Generator {
    Generator { draw in
      for attempt in 1...ChoiceSource.attempts {
        let start = draw.checkpoint
        let value = try draw(self)
        if try isIncluded(value) { return value }
        draw.rollBack(to: start)
        if draw.isExhausted {
          throw GeneratorError.filterGaveUp(attempts: attempt, place: "\(fileID):\(line)")
        }
      }
      throw GeneratorError.filterGaveUp(
        attempts: ChoiceSource.attempts, place: "\(fileID):\(line)")
    }
  }

  /// A generator of always the same value.
  public static func just(_ value: Value) -> Generator where Value: Sendable {
    Generator { _ in value }
  }
}

/// Draws a value from each generator, in order.
///
/// - Parameters:
///   - generators: What makes the values.
///   - source: What to draw from.
/// - Throws: ``GeneratorError``, or what the generators' own closures throw.
package func draw<each Value>(
  _ generators: repeat Generator<each Value>, from source: ChoiceSource
) throws -> (repeat each Value) {
  (repeat try source(each generators))
}
