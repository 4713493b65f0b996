import InterleaveEngine

/// The words that somebody may have meant.
enum Misspelling {
  /// The known word that is nearest to another one, if it is near enough to be meant.
  static func suggestion(for word: String, among known: [String]) -> String? {
    let nearest = known.map { (word: $0, distance: distance(from: word, to: $0)) }
      .min { $0.distance < $1.distance }
    guard let nearest, nearest.distance < word.count,
      nearest.distance <= max(1, word.count / 3)
    else { return nil }
    return nearest.word
  }

  /// How many letters must be added, dropped, replaced, or swapped with the next.
  static func distance(from first: String, to second: String) -> Int {
    let (first, second) = (Array(first), Array(second))
    var rows = [Array(0...second.count)]
    for index in first.indices {
      var row = [index + 1]
      for column in second.indices {
        let isSame = first[index] == second[column]
        var best = min(
          rows[index][column] + (isSame ? 0 : 1), rows[index][column + 1] + 1, row[column] + 1)
        if index > 0, column > 0, first[index] == second[column - 1],
          first[index - 1] == second[column]
        {
          best = min(best, rows[index - 1][column - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[first.count][second.count]
  }
}

extension EnvironmentVariable {
  /// What no variable may begin with but those that are known.
  static let prefix = "INTERLEAVE_"
  /// Variables of the take-over, for tests of its clocks.
  private static let ofTheTakeover = ["INTERLEAVE_ORIGIN"]

  /// Refuses variables that nobody would read.
  ///
  /// - Throws: ``ConfigurationError`` for the first by name, with what may have been meant.
  static func checkNames(in environment: [String: String]) throws(ConfigurationError) {
    let known = allCases.map(\.rawValue)
    let unknown = environment.keys.filter {
      $0.hasPrefix(prefix) && !known.contains($0) && !ofTheTakeover.contains($0)
    }
    guard let name = unknown.min() else { return }
    // The part that all of them share says nothing about what was meant.
    let suggestion = Misspelling.suggestion(
      for: String(name.dropFirst(prefix.count)),
      among: known.map { String($0.dropFirst(prefix.count)) })
    let advice =
      suggestion.map { "did you mean \(prefix)\($0)?" }
      ?? "there are \(known.sorted().joined(separator: ", "))"
    throw ConfigurationError("\(name) means nothing to Interleave: \(advice)")
  }
}
