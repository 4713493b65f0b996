extension Generator {
  /// Arrays; they shrink to fewer and simpler elements.
  ///
  /// - Parameters:
  ///   - element: What makes each element.
  ///   - count: How many elements there may be.
  public static func array<Element>(
    of element: Generator<Element>, count: ClosedRange<Int> = 0...10
  ) -> Generator<[Element]> {
    Generator<[Element]> { draw in
      var result: [Element] = []
      try draw.elements(count: count) {
        result.append(try draw(element))
        return true
      }
      return result
    }
  }

  /// Sets; they shrink to fewer and simpler elements.
  ///
  /// - Parameters:
  ///   - element: What makes each element.
  ///   - count: How many elements there may be.
  public static func set<Element: Hashable & Sendable>(
    of element: Generator<Element>, count: ClosedRange<Int> = 0...10
  ) -> Generator<Set<Element>> {
    Generator<Set<Element>> { draw in
      var result: Set<Element> = []
      try draw.elements(count: count) { result.insert(try draw(element)).inserted }
      return result
    }
  }

  /// Dictionaries; they shrink to fewer and simpler keys and values.
  ///
  /// - Parameters:
  ///   - key: What makes each key.
  ///   - value: What makes each value.
  ///   - count: How many keys there may be.
  public static func dictionary<Key: Hashable & Sendable, Element>(
    of key: Generator<Key>, to value: Generator<Element>, count: ClosedRange<Int> = 0...10
  ) -> Generator<[Key: Element]> {
    Generator<[Key: Element]> { draw in
      var result: [Key: Element] = [:]
      try draw.elements(count: count) {
        let newKey = try draw(key)
        let newValue = try draw(value)
        guard result[newKey] == nil else { return false }
        result[newKey] = newValue
        return true
      }
      return result
    }
  }

  /// Nil, 1 time in 4, or a value; they shrink towards nil.
  ///
  /// - Parameter wrapped: What makes the value.
  public static func optional<Wrapped>(
    of wrapped: Generator<Wrapped>
  ) -> Generator<Wrapped?> {
    Generator<Wrapped?> { draw in
      guard draw.boolean(fresh: { $0.chance(3, in: 4) }) else { return nil }
      return try draw(wrapped)
    }
  }

  /// Tuples of a value from each generator.
  ///
  /// - Parameter element: What makes the elements, in order.
  public static func tuple<each Element>(
    _ element: repeat Generator<each Element>
  ) -> Generator<(repeat each Element)> {
    Generator<(repeat each Element)> { source in
      try draw(repeat each element, from: source)
    }
  }
}
