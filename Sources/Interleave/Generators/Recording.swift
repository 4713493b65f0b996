/// A choice that was made, and what it was made from.
package struct RecordedChoice: Sendable, Hashable {
  package var value: Choice
  package var domain: ChoiceDomain

  package init(value: Choice, domain: ChoiceDomain) {
    self.value = value
    self.domain = domain
  }

  package var complexity: UInt128 { domain.complexity(of: value) }
  package var isSimplest: Bool { complexity == 0 }
}

/// A stretch of choices that belong together.
package struct ChoiceSpan: Sendable, Hashable {
  /// What a stretch made.
  package enum Kind: Sendable, Hashable {
    /// A value of some generator, with its type.
    case value(ObjectIdentifier)
    /// One element of a collection, with the choice to have it.
    case element
    /// One level of a recursive generator.
    case recursion
  }

  package var kind: Kind
  /// The index of the span around it; -1 for none.
  package var parent: Int
  package var start: Int
  package var end: Int

  package var count: Int { end - start }
}

/// All choices that made a value, with their structure.
package struct Recording: Sendable, Hashable {
  package var choices: [RecordedChoice]
  package var spans: [ChoiceSpan]

  package init(choices: [RecordedChoice] = [], spans: [ChoiceSpan] = []) {
    self.choices = choices
    self.spans = spans
  }

  /// The choices alone: what is stored, and replayed.
  package var values: [Choice] { choices.map(\.value) }

  /// Whether this is simpler: fewer choices, or as many, of which the first that differs is
  /// simpler ("shortlex").
  package func isSimpler(than other: Recording) -> Bool {
    if choices.count != other.choices.count { return choices.count < other.choices.count }
    for (mine, theirs) in zip(choices, other.choices) {
      let (a, b) = (mine.complexity, theirs.complexity)
      if a != b { return a < b }
    }
    return false
  }
}
