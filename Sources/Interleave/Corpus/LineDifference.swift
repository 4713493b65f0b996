/// The difference of two texts, as people read it in a review.
package enum LineDifference {
  /// The lines around a change that are shown with it.
  private static let context = 1
  /// Longer texts are not compared: that would take long, and nobody would read it.
  private static let mostLines = 2_000

  /// The difference in the unified style.
  ///
  /// ```text
  /// --- corpus/BankTests/neverOverdrawn/975112de0fb33515.json
  /// +++ corpus/BankTests/neverOverdrawn/1c1d3ab0c4f5e0a2.json
  /// @@ -12,1 +12,1 @@
  /// -      "passedOver": { "task": "0.0", "ordinal": 2, "function": "Bank.withdraw(_:)", … }
  /// +      "passedOver": { "task": "0.0", "ordinal": 2, "function": "Bank.take(_:)", … }
  /// ```
  ///
  /// - Returns: Lines joined by newlines; empty where the texts are equal.
  package static func unified(
    from old: String, named oldName: String, to new: String, named newName: String
  ) -> String {
    guard old != new else { return "" }
    let before = old.split(separator: "\n", omittingEmptySubsequences: true)
    let after = new.split(separator: "\n", omittingEmptySubsequences: true)
    let header = ["--- \(oldName)", "+++ \(newName)"]
    guard before.count + after.count <= mostLines else {
      let counts = "-\(before.count) lines, +\(after.count) lines: too many to compare"
      return (header + [counts]).joined(separator: "\n")
    }
    return (header + hunks(edits(from: before, to: after))).joined(separator: "\n")
  }

  private enum Edit {
    case keep(Substring)
    case remove(Substring)
    case insert(Substring)

    var line: String {
      switch self {
      case .keep(let text): " \(text)"
      case .remove(let text): "-\(text)"
      case .insert(let text): "+\(text)"
      }
    }

    var isChange: Bool { if case .keep = self { false } else { true } }
  }

  private static func edits(from before: [Substring], to after: [Substring]) -> [Edit] {
    var removed: Set<Int> = []
    var inserted: Set<Int> = []
    for change in after.difference(from: before) {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var edits: [Edit] = []
    var (old, new) = (0, 0)
    while old < before.count || new < after.count {
      if removed.contains(old) {
        edits.append(.remove(before[old]))
        old += 1
      } else if inserted.contains(new) {
        edits.append(.insert(after[new]))
        new += 1
      } else {
        edits.append(.keep(before[old]))
        old += 1
        new += 1
      }
    }
    return edits
  }

  /// The changes with the lines around them; those that touch are shown as one.
  private static func hunks(_ edits: [Edit]) -> [String] {
    var shown = Array(repeating: false, count: edits.count)
    for index in edits.indices where edits[index].isChange {
      for near in max(0, index - context)...min(edits.count - 1, index + context) {
        shown[near] = true
      }
    }
    var lines: [String] = []
    var (old, new) = (1, 1)
    var index = 0
    while index < edits.count {
      let end = edits[index...].indices.first { !shown[$0] } ?? edits.count
      let hunk = edits[index..<end]
      let (removed, inserted) = lengths(hunk)
      if !hunk.isEmpty { lines.append("@@ -\(old),\(removed) +\(new),\(inserted) @@") }
      lines += hunk.map(\.line)
      old += removed
      new += inserted
      index = end
      while index < edits.count, !shown[index] {
        old += 1
        new += 1
        index += 1
      }
    }
    return lines
  }

  /// How many lines of the old and of the new text some edits cover.
  private static func lengths(_ edits: ArraySlice<Edit>) -> (old: Int, new: Int) {
    edits.reduce(into: (0, 0)) { counts, edit in
      switch edit {
      case .keep: counts = (counts.0 + 1, counts.1 + 1)
      case .remove: counts.0 += 1
      case .insert: counts.1 += 1
      }
    }
  }
}
