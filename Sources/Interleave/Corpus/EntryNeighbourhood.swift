import InterleaveEngine

/// The schedules near the one of an entry whose own does not fail any more, nearest first.
///
/// In turn: the same deviations wherever functions and actors have other names, and a few steps
/// earlier or later, the cancellation too; one or two of them left out; one more, near the old ones first; two more; and
/// the old ones among others at random. Each run tells which choices there are now, and so where
/// there could be another deviation.
///
/// ```swift
/// var neighbourhood = EntryNeighbourhood(entry, limit: 400)
/// while let schedule = neighbourhood.next() {
///   var run = NearbyRun(schedule)
///   // … run the test, asking the run at each choice …
///   neighbourhood.record(run)
/// }
/// ```
package struct EntryNeighbourhood: Sendable {
  /// What is tried, in this order.
  private enum Stage: Int {
    case shifted, fewer, oneMore, twoMore, random
  }

  private let old: [Interleaving.Deviation]
  private let limit: Int
  private var seeds: SplitMix64
  private var stage = Stage.shifted
  private var queue: ArraySlice<NearbySchedule> = []
  private var tried: Set<NearbySchedule> = []
  /// How many schedules were handed out.
  package private(set) var count = 0
  /// The run in which most of the old deviations found a place.
  private var best: NearbyRun?
  /// The runs with fewer deviations, in which others can be added.
  private var bases: [NearbyRun] = []

  /// Prepares a search.
  ///
  /// - Parameters:
  ///   - entry: The entry.
  ///   - matched: The deviations of the run that came nearest to it by names; nil where none did.
  ///   - limit: How many schedules to try, at least 0.
  package init(
    _ entry: CorpusEntry, matched: [NearbySchedule.Deviation]? = nil, limit: Int
  ) {
    old = Array(entry.deviations.prefix(Self.mostShifted))
    self.limit = limit
    seeds = SplitMix64(seed: entry.seed)
    let same = Self.shifts(of: entry.deviations, cancels: entry.cancellation != nil)
    queue = ((matched.map { [NearbySchedule($0)] } ?? []) + same)[...]
  }

  /// The next schedule; nil once the limit is reached.
  package mutating func next() -> NearbySchedule? {
    guard count < limit else { return nil }
    while true {
      while let schedule = queue.popFirst() {
        guard tried.insert(schedule).inserted else { continue }
        count += 1
        return schedule
      }
      advance()
    }
  }

  /// Takes note of a run that did not fail as the entry says.
  ///
  /// - Parameter hasCancelled: The cancellation of the entry found a place in it.
  package mutating func record(_ run: NearbyRun, hasCancelled: Bool = false) {
    var run = run
    if hasCancelled { run.noteCancellation() }
    guard run.schedule.forced.isEmpty, run.schedule.noise == nil else { return }
    if best.map({ run.applied > $0.applied }) ?? true { best = run }
    if stage == .fewer { bases.append(run) }
  }

  private mutating func advance() {
    switch stage {
    case .shifted:
      stage = .fewer
      queue = fewer()[...]
    case .fewer:
      if let best { bases.insert(best, at: 0) }
      stage = .oneMore
      queue = oneMore().prefix(max(1, limit / 2))
    case .oneMore:
      stage = .twoMore
      queue = twoMore().prefix(max(1, limit / 6))
    case .twoMore, .random:
      stage = .random
      let base = bases.isEmpty ? NearbySchedule([]) : bases[count % bases.count].schedule
      queue = [
        NearbySchedule(
          base.deviations, noise: seeds.next(), cancellationShift: base.cancellationShift)
      ]
    }
  }

  // MARK: What is near

  /// How far steps are looked for before and after their old places.
  private static let pickedShifts = -1...2
  private static let passedOverShifts = -2...3
  private static let cancellationShifts: [Int?] = [nil, 0, 1, -1, 2]
  /// The most deviations that are moved about: no failure that was shrunk has more.
  private static let mostShifted = 256

  private static func shifts(
    of deviations: [Interleaving.Deviation], cancels: Bool
  ) -> [NearbySchedule] {
    guard deviations.count <= mostShifted else {
      return [NearbySchedule(deviations.map(NearbySchedule.Deviation.init))]
    }
    let shifts = pickedShifts.flatMap { picked in
      passedOverShifts.flatMap { passedOver in
        (cancels ? cancellationShifts : [nil]).map {
          (picked: picked, passedOver: passedOver, cancellation: $0)
        }
      }
    }
    let nearestFirst = shifts.enumerated().sorted { one, other in
      let distances = [one, other].map { shift in
        abs(shift.element.picked) + abs(shift.element.passedOver)
          + abs(shift.element.cancellation ?? 0)
      }
      return (distances[0], one.offset) < (distances[1], other.offset)
    }
    return nearestFirst.map { _, shift in
      NearbySchedule(
        deviations.map { deviation in
          var moved = NearbySchedule.Deviation(deviation)
          moved.picked.ordinal = moved.picked.ordinal.moved(by: shift.picked)
          moved.passedOver.ordinal = moved.passedOver.ordinal.moved(by: shift.passedOver)
          return moved
        }, cancellationShift: shift.cancellation)
    }
  }

  /// The most deviations of which each is left out in turn; of more, the last ones stay.
  private static let mostLeftOut = 8

  /// The best so far with one or two deviations left out, and the baseline.
  private func fewer() -> [NearbySchedule] {
    let base = best?.schedule ?? NearbySchedule([])
    let deviations = base.deviations
    let range = deviations.indices.prefix(Self.mostLeftOut)
    func without(_ left: some Collection<Int>) -> NearbySchedule {
      NearbySchedule(
        deviations.indices.filter { !left.contains($0) }.map { deviations[$0] },
        cancellationShift: base.cancellationShift)
    }
    let one = range.map { without([$0]) }
    let two = range.flatMap { a in range.filter { $0 > a }.map { without([a, $0]) } }
    return [without(deviations.indices)] + one + two.prefix(Self.mostLeftOut)
  }

  /// The choices of a run, those near the old deviations first.
  private func choices(of run: NearbyRun) -> [NearbySchedule.Forced] {
    let points = run.points.enumerated().map { number, point in
      let distance = old.map { abs($0.index.moved(by: -point.step)) }.min() ?? point.step
      return (distance: distance, number: number, count: point.count)
    }
    return points.sorted { ($0.distance, $0.number) < ($1.distance, $1.number) }
      .flatMap { point in
        (1..<point.count).map { NearbySchedule.Forced(choice: point.number, index: $0) }
      }
  }

  /// Each base with one more deviation: the nearest of all bases first.
  private func oneMore() -> [NearbySchedule] {
    let choices = bases.map(choices)
    let longest = choices.map(\.count).max() ?? 0
    return (0..<min(longest, limit)).flatMap { rank in
      bases.indices.filter { rank < choices[$0].count }.map { base in
        bases[base].schedule.with(forced: [choices[base][rank]])
      }
    }
  }

  /// The most choices of which pairs are made.
  private static let mostPaired = 12

  /// The first bases with two more deviations.
  private func twoMore() -> [NearbySchedule] {
    bases.prefix(2).flatMap { base in
      let near = choices(of: base).prefix(Self.mostPaired)
      return near.flatMap { first in
        near.filter { $0.choice > first.choice }.map { second in
          base.schedule.with(forced: [first, second])
        }
      }
    }
  }
}

extension NearbySchedule {
  fileprivate func with(forced: [Forced]) -> NearbySchedule {
    NearbySchedule(deviations, forced: forced, cancellationShift: cancellationShift)
  }
}

extension Int {
  /// The sum, or the nearest number that there is.
  ///
  /// A file may say anything of where a step was.
  func moved(by distance: Int) -> Int {
    let (sum, isTooFar) = addingReportingOverflow(distance)
    return isTooFar ? (distance < 0 ? .min + 1 : .max) : sum
  }
}
