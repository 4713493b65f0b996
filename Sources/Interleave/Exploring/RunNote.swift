import InterleaveEngine

/// What is kept of a run that was chosen by a strategy, and counts for the report.
struct RunNote {
  var signature: UInt64
  /// The hash of what the body returned; 0 where that is nothing, or it did not.
  var returned: UInt64 = 0
  /// A hash of what was generated for it; 0 where nothing was.
  var draws: UInt64 = 0
  var steps: Int32
  var choices: Int32
  /// The place of the strategy that chose it; -1 for the baseline.
  var place: Int32
  var limits: ReductionLimits
  /// Its schedule was drawn at random.
  var isDrawn: Bool
  /// A task was cancelled.
  var isCancelled: Bool
  /// Something was generated, in this run or before.
  var isGenerated: Bool
  /// How likely its interleaving was.
  var odds = RunOdds.notAsked
  /// Steps could be interrupted inside, if they came to a point.
  var mayInterrupt = false
  /// A step came to such a point.
  var cameToPoints = false
}

extension Draws {
  /// A hash of all that was drawn; 0 for nothing.
  var hash: UInt64 {
    let rows = rows
    guard !rows.isEmpty else { return 0 }
    var hash = StableHash()
    for row in rows {
      hash.combine(UInt64(row.count))
      for word in row { hash.combine(word) }
    }
    return hash.value
  }
}
