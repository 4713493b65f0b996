import InterleaveEngine

extension Campaign {
  /// Takes the run that has just ended into account for the residual risk.
  ///
  /// - Parameters:
  ///   - index: The number of the run.
  ///   - signature: What tells its interleaving from others.
  ///   - isDrawn: Its schedule was drawn at random.
  func assess(
    _ risk: inout RiskEstimator, run index: Int, signature: UInt64, isDrawn: Bool
  ) {
    guard program.isGenerated else {
      return isDrawn ? risk.draw(signature, group: index) : risk.note(signature)
    }
    var hash = StableHash()
    hash.combine(signature)
    for row in programRun.draws.rows {
      hash.combine(UInt64(row.count))
      for word in row { hash.combine(word) }
    }
    // What is generated first is the simplest, and not drawn.
    let group = index / Self.schedulesPerDraw
    isDrawn && group > 0 ? risk.draw(hash.value, group: group) : risk.note(hash.value)
  }
}
