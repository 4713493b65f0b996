/// Why a generator could not make a value.
public enum GeneratorError: Error, Sendable, Hashable, CustomStringConvertible {
  /// A `filter` let nothing pass.
  case filterGaveUp(attempts: Int, place: String)
  /// A set or a dictionary needed more distinct elements than could be found.
  case tooFewDistinct(found: Int, needed: Int)
  /// There was nothing to choose from.
  case nothingToChooseFrom(generator: String)
  /// A number of elements below 0.
  case negativeCount(Int)
  /// A weight below 0, or none above.
  case badWeights([Int])
  /// A generator went on drawing from itself.
  case tooDeep(limit: Int)

  public var description: String { text.ascii }

  private var text: String {
    switch self {
    case .filterGaveUp(let attempts, let place):
      """
      `filter` at \(place) rejected \(attempts) values in a row; let more values pass, or make \
      the wanted ones with `map` or `flatMap`
      """
    case .tooFewDistinct(let found, let needed):
      """
      at least \(needed) distinct elements are wanted, but only \(found) were found; lower \
      `count`, or take elements from more values
      """
    case .nothingToChooseFrom(let generator):
      "`\(generator)` needs at least one element to choose from (there was none)"
    case .negativeCount(let count):
      "`count` must not be below 0 (was \(count))"
    case .badWeights(let weights):
      """
      the weights of `frequency` must not be below 0, and at least one must be above (were \
      \(weights.map(String.init).joined(separator: ", ")))
      """
    case .tooDeep(let limit):
      """
      generators were nested more than \(limit) deep; one that draws from itself must end: \
      make it with `.recursive(leaf:size:branch:)`
      """
    }
  }
}
