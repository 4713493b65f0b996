// How many operations run where, as a tape tells it.

extension Tape {
  /// Takes how many operations there are before the lanes, and in each lane.
  func takeCounts(_ size: ProgramSize) -> [Int] {
    let before = takeCount(size.operationsBefore)
    let lanes = takeCount(size.lanes)
    return [before] + (0..<lanes).map { _ in takeCount(size.operationsPerLane) }
  }

  private func takeCount(_ range: ClosedRange<Int>) -> Int {
    let domain = ProgramSize.domain(of: range)
    guard case .integer(let count) = domain.value(of: takeValue(domain.width)) else { return 0 }
    return Int(count)
  }
}

extension TapeWriter {
  /// Writes a program of operations.
  mutating func put(_ draws: Draws, of size: ProgramSize) {
    put(count: draws.prefix.count, size.operationsBefore)
    put(count: draws.lanes.count, size.lanes)
    for lane in draws.lanes { put(count: lane.count, size.operationsPerLane) }
    for operation in draws.prefix + draws.lanes.joined() { putTape(operation) }
  }

  private mutating func put(count: Int, _ range: ClosedRange<Int>) {
    put(.integer(Int128(count)), of: ProgramSize.domain(of: range))
  }
}

extension ProgramSize {
  /// What a count is one of: what was made small may have fewer than were asked for.
  fileprivate static func domain(of range: ClosedRange<Int>) -> ChoiceDomain {
    .integer(0...Int128(range.upperBound), simplest: Int128(range.lowerBound))
  }
}
