/// How well recorded choices fitted the generators that drew them again.
///
/// Where a generator was changed since, they may mean another value; this tells.
package struct ReplayFit: Sendable, Hashable, CustomStringConvertible {
  /// Choices of the right type whose value is not possible any more.
  package var outOfRange = 0
  /// Choices of another type than was drawn.
  package var otherType = 0
  /// Choices that were drawn and had not been recorded.
  package var missing = 0
  /// Choices that had been recorded and were not drawn.
  package var unused = 0

  package init() {}

  /// Whether every choice was drawn as it was recorded.
  package var isExact: Bool { self == ReplayFit() }

  mutating func note(_ recorded: Choice?, takenAs value: Choice) {
    switch (recorded, value) {
    case (nil, _): missing += 1
    case (value?, _): break
    case (.integer?, .integer), (.boolean?, .boolean), (.double?, .double): outOfRange += 1
    default: otherType += 1
    }
  }

  /// What does not fit, for people: "2 choices out of range, 1 missing".
  package var description: String {
    let parts = [
      (outOfRange, "out of range"), (otherType, "of another type"), (missing, "missing"),
      (unused, "unused"),
    ].filter { $0.0 > 0 }
    guard !parts.isEmpty else { return "all choices fit" }
    return parts.enumerated().map { place, part in
      let noun = place > 0 ? "" : part.0 == 1 ? "choice " : "choices "
      return "\(part.0) \(noun)\(part.1)"
    }.joined(separator: ", ")
  }
}
