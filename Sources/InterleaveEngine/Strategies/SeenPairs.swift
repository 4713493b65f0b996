/// The pairs of steps that runs have shown, and how often each set of them came about.
final class SeenPairs {
  /// The steps of one kind of name that ran on an executor, in the order of first use.
  private struct Steps {
    var executor: UInt64
    var kind: StepPair.Kind
    var names: [UInt64] = []
  }

  /// What was new in a run.
  struct News {
    /// The last pair that no run had shown before.
    var newPair: StepPair?
    var isNewSet = false
    /// The number of the set of pairs that the run has shown; nil for one of too many.
    var set: Int?
  }

  private static let mostPairs = 1 << 16
  private static let mostNames = 256
  private static let mostSets = 1 << 14
  /// How often a pair is drawn until one is new.
  private static let draws = 4
  /// How often steps are told by their places where they could be by their tasks.
  private static let placesInPlaceOfTasks = 0.7

  private let interleavings = AddressTable()
  private var interleavingCount = 0
  private let pairs = AddressTable()
  private var pairCount = 0
  /// The sets of pairs that came together, by their hashes, and how often each did.
  private let sets = AddressTable()
  private let setCounts = Column<Int>()
  private var steps: [Steps] = []
  private var places: [UInt64: Int] = [:]
  private let neighbours = NeighbourSteps()

  deinit {
    interleavings.deallocate()
    pairs.deallocate()
    sets.deallocate()
    setCounts.deallocate()
  }

  /// In how many interleavings a set of pairs came about, by its number.
  func count(ofSet set: Int) -> Int { setCounts[set] }

  /// Takes note of a run.
  func note(_ run: RunRecord) -> News {
    var news = News()
    // An interleaving that was seen shows nothing new, and many do where there are few.
    let signature = UInt(run.signature)
    guard interleavings[signature] == nil else { return news }
    if interleavingCount < Self.mostPairs {
      interleavings.set(signature, to: 1)
      interleavingCount += 1
    }
    var set: UInt64 = 0
    neighbours.forEachPair(of: run) { executor, before, after in
      let pair = StepPair(.place, executor, before, after)
      let hash = pair.hash
      set &+= fold(hash, 5)
      if isNew(pair, hash) { news.newPair = pair }
      let pairOfTasks = StepPair(.task, executor, before, after)
      _ = isNew(pairOfTasks, pairOfTasks.hash)
    }
    if let known = sets[UInt(set)] {
      setCounts.pointer(at: known).pointee += 1
      news.set = known
    } else if setCounts.count < Self.mostSets {
      sets.set(UInt(set), to: setCounts.count)
      news.set = setCounts.count
      news.isNewSet = true
      setCounts.append(1)
    }
    return news
  }

  @inline(__always)
  private func isNew(_ pair: StepPair, _ hash: UInt64) -> Bool {
    guard pairCount < Self.mostPairs, pairs.insert(UInt(hash)) else { return false }
    pairCount += 1
    know(pair)
    return true
  }

  /// Notes the steps of a pair among those that may follow each other.
  private func know(_ pair: StepPair) {
    let key = fold(pair.executor, UInt64(pair.kind.rawValue))
    let place = places[key] ?? steps.count
    if place == steps.count {
      places[key] = place
      steps.append(Steps(executor: pair.executor, kind: pair.kind))
    }
    for name in [pair.first, pair.second]
    where name != StepNames().name(pair.kind) && steps[place].names.count < Self.mostNames
      && !steps[place].names.contains(name)
    { steps[place].names.append(name) }
  }

  /// Two steps that could follow each other, rather such as never have; nil while nothing is known.
  func draw(_ random: inout SplitMix64) -> StepPair? {
    guard !steps.isEmpty else { return nil }
    var drawn: StepPair?
    for _ in 0..<Self.draws {
      var there = steps[random.below(steps.count)]
      if there.kind == .task, random.fraction() < Self.placesInPlaceOfTasks {
        there = steps[places[fold(there.executor, UInt64(StepPair.Kind.place.rawValue))] ?? 0]
      }
      guard !there.names.isEmpty else { continue }
      let first = random.below(there.names.count + 1)
      let pair = StepPair(
        there.kind, there.executor,
        first == there.names.count ? StepNames().name(there.kind) : there.names[first],
        there.names[random.below(there.names.count)])
      drawn = pair
      if pairs[UInt(pair.hash)] == nil { break }
    }
    return drawn
  }
}
