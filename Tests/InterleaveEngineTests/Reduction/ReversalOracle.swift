import InterleaveEngine

/// Tells which interleavings some reversals lead to, from the list of all schedules alone.
///
/// It knows of no dependency relation: two steps that followed each other race if they could
/// have run the other way round, and if that is another interleaving.
struct ReversalOracle {
  private let schedules: [[StepKey]]
  private let signatures: [UInt64]
  private var classes: [UInt64: [Int]] = [:]
  private let known: [[StepKey]: UInt64]

  /// Runs every schedule of a body.
  ///
  /// - Returns: Nil where there are more than the limit.
  init?(
    _ machine: Machine, limit: Int, _ body: @escaping @Sendable (Notes) async -> Void
  ) {
    let search = BoundedSearch(maxPreemptions: 200)
    var schedules: [[StepKey]] = []
    var signatures: [UInt64] = []
    while search.advance() {
      guard schedules.count < limit else { return nil }
      let notes = Notes()
      _ = machine.run(search, RunStart(index: 0, seed: 0)) { Task { await body(notes) } }
      schedules.append(machine.recordedSchedule().steps.map(\.key))
      signatures.append(machine.signature)
      machine.finish()
    }
    self.schedules = schedules
    self.signatures = signatures
    known = Dictionary(zip(schedules, signatures), uniquingKeysWith: { first, _ in first })
    for (index, signature) in signatures.enumerated() {
      classes[signature, default: []].append(index)
    }
  }

  /// All schedules consist of the same steps, so that any can be followed to its end.
  var hasOneSetOfSteps: Bool { Set(schedules.map(Set.init)).count == 1 }
  var interleavings: Int { classes.count }
  /// The first schedule of the class that comes in the middle.
  var start: UInt64 { signatures[signatures.count / 2] }
  var startOrder: [StepKey] { schedules[signatures.count / 2] }

  /// The interleavings within a number of reversals, and no fewer, for each number.
  func levels(from start: UInt64, reversals: Int) -> [Set<UInt64>] {
    var seen: Set<UInt64> = [start]
    var levels = [seen]
    for _ in 0..<reversals {
      let next = levels[levels.count - 1].reduce(into: Set<UInt64>()) {
        $0.formUnion(neighbours(of: $1))
      }
      levels.append(next.subtracting(seen))
      seen.formUnion(next)
    }
    return levels
  }

  private func neighbours(of signature: UInt64) -> Set<UInt64> {
    var result: Set<UInt64> = []
    for index in classes[signature] ?? [] {
      let schedule = schedules[index]
      for place in schedule.indices.dropLast() {
        let (first, second) = (schedule[place], schedule[place + 1])
        guard first.task != second.task else { continue }
        var order = schedule
        order.swapAt(place, place + 1)
        // Independent steps: the same interleaving, the other way round.
        if known[order] == signature { continue }
        if let end = follow(order, through: place + 1) { result.insert(end) }
      }
    }
    return result
  }

  /// The interleaving of the schedule that keeps to an order as far as it can.
  ///
  /// - Parameter count: How many steps must be in this order.
  private func follow(_ order: [StepKey], through count: Int) -> UInt64? {
    var candidates = schedules.indices.filter {
      schedules[$0].prefix(count) == order.prefix(count)
    }
    let places = Dictionary(zip(order, order.indices), uniquingKeysWith: min)
    var place = count
    while candidates.count > 1 {
      let next = candidates.map { places[schedules[$0][place]] ?? .max }
      guard let best = next.min() else { return nil }
      candidates = zip(candidates, next).filter { $1 == best }.map(\.0)
      place += 1
    }
    return candidates.first.map { signatures[$0] }
  }
}
