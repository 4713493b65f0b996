import InterleaveEngine

extension Generator {
  /// Values of one of several generators, each as likely; they shrink towards the first.
  ///
  /// - Parameter generators: At least one.
  public static func oneOf(_ generators: Generator...) -> Generator {
    oneOf(generators)
  }

  /// Values of one of several generators, each as likely; they shrink towards the first.
  ///
  /// - Parameter generators: At least one.
  public static func oneOf(_ generators: [Generator]) -> Generator {
    Generator { draw in
      let index = try draw.index(below: generators.count, of: "oneOf")
      return try draw(generators[index])
    }
  }

  /// Values of one of several generators, by weight; they shrink towards the first.
  ///
  /// ```swift
  /// .frequency((9, .int(in: 1...9)), (1, .just(0)))
  /// ```
  ///
  /// - Parameter alternatives: Weights from 0, at least one above, each with its generator.
  public static func frequency(_ alternatives: (Int, Generator)...) -> Generator {
    let weights = alternatives.map(\.0)
    let generators = alternatives.map(\.1)
    let possible = weights.indices.filter { weights[$0] > 0 }
    let isValid = !possible.isEmpty && weights.allSatisfy { $0 >= 0 }
    return Generator { draw in
      guard isValid else { throw GeneratorError.badWeights(weights) }
      let index = draw.integer(in: 0...Int128(possible.count - 1), simplest: 0) { random in
        Int128(random.index(weights: possible.map { weights[$0] }))
      }
      return try draw(generators[possible[Int(index)]])
    }
  }

  /// Elements of a collection, each as likely; they shrink towards the first.
  ///
  /// - Parameter elements: At least one.
  public static func element<Elements: Collection>(
    of elements: Elements
  ) -> Generator<Elements.Element> where Elements.Element: Sendable {
    let elements = Array(elements)
    return Generator<Elements.Element> { draw in
      elements[try draw.index(below: elements.count, of: "element(of:)")]
    }
  }

  /// Cases of an enumeration, each as likely; they shrink towards the first.
  ///
  /// - Parameter type: The enumeration.
  public static func anyCase<Enumeration: CaseIterable & Sendable>(
    of type: Enumeration.Type = Enumeration.self
  ) -> Generator<Enumeration> {
    element(of: Array(type.allCases))
  }

  /// Some elements of a collection, in its order; they shrink towards none.
  ///
  /// - Parameter elements: What to take from; may be empty.
  public static func subset<Elements: Collection>(
    of elements: Elements
  ) -> Generator<[Elements.Element]> where Elements.Element: Sendable {
    let elements = Array(elements)
    return Generator<[Elements.Element]> { draw in
      let share = draw.steer { $0.below(9) }
      return elements.filter { _ in draw.boolean { $0.chance(share, in: 8) } }
    }
  }

  /// The elements of a collection in any order; they shrink towards their own order.
  ///
  /// - Parameter elements: What to shuffle; may be empty.
  public static func shuffled<Elements: Collection>(
    _ elements: Elements
  ) -> Generator<[Elements.Element]> where Elements.Element: Sendable {
    let elements = Array(elements)
    return Generator<[Elements.Element]> { draw in
      var result = elements
      for place in result.indices.dropLast() {
        let others = Int128(place)...Int128(result.count - 1)
        let other = draw.integer(in: others, simplest: others.lowerBound) {
          $0.uniform(in: others)
        }
        result.swapAt(place, Int(other))
      }
      return result
    }
  }

  /// Values that contain values of their own kind, such as trees.
  ///
  /// ```swift
  /// indirect enum Tree { case leaf(Int), node(Tree, Tree) }
  /// let trees: Generator<Tree> = .recursive(leaf: .int().map(Tree.leaf)) { tree in
  ///   .tuple(tree, tree).map(Tree.node)
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - leaf: What makes a value without values in it; they shrink towards these.
  ///   - size: How many branches a value may have, in all; at least 0.
  ///   - branch: Makes a generator of larger values from the one for their parts.
  public static func recursive(
    leaf: Generator, size: Int = 20,
    branch: @escaping @Sendable (_ part: Generator) -> Generator
  ) -> Generator {
    Generator { draw in
      let isOutermost = draw.recursionLeft == nil
      if isOutermost { draw.recursionLeft = size }
      defer { if isOutermost { draw.recursionLeft = nil } }
      return try draw(level(leaf: leaf, branch: branch))
    }
  }

  private static func level(
    leaf: Generator, branch: @escaping @Sendable (Generator) -> Generator
  ) -> Generator {
    Generator { draw in
      try draw.span(.recursion) {
        let left = draw.recursionLeft ?? 0
        let isBranch = draw.boolean(forced: left > 0 ? nil : false) { $0.chance(1, in: 2) }
        guard isBranch else { return try draw(leaf) }
        draw.recursionLeft = left - 1
        return try draw(branch(level(leaf: leaf, branch: branch)))
      }
    }
  }
}

extension ChoiceSource {
  /// Draws an index, each as likely; the first is simplest.
  fileprivate func index(below count: Int, of generator: String) throws -> Int {
    guard count > 0 else { throw GeneratorError.nothingToChooseFrom(generator: generator) }
    let range = 0...Int128(count - 1)
    return Int(integer(in: range, simplest: 0) { $0.uniform(in: range) })
  }
}

extension SplitMix64 {
  /// An index, as often as its weight says.
  fileprivate mutating func index(weights: [Int]) -> Int {
    var rest = below(weights.reduce(0, +))
    for (index, weight) in weights.enumerated() {
      if rest < weight { return index }
      rest -= weight
    }
    return weights.count - 1
  }
}
