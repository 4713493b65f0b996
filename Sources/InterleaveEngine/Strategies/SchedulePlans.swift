/// The plans that led to something new, and how much each is worth.
final class SchedulePlans {
  private struct Entry {
    var plan: SchedulePlan
    /// The set of pairs that its run has shown.
    var set: Int
    /// How often it was followed.
    var uses = 0
  }

  private static let most = 128
  /// Longer plans decide too much.
  private static let longest = 6
  /// How likely each further change is.
  private static let furtherChanges = 0.6

  /// One pair of so many that are added is one that shall not come about.
  private static let unwantedPart = 4

  private var entries: [Entry] = []

  /// A plan for the next run, and the index of the one that it was made of.
  func next(
    _ random: inout SplitMix64, _ memory: SeenPairs
  ) -> (plan: SchedulePlan, parent: Int?) {
    guard !entries.isEmpty else {
      var plan = SchedulePlan()
      change(&plan, &random, memory)
      return (plan, nil)
    }
    let parent = draw(&random, memory)
    entries[parent].uses += 1
    var plan = entries[parent].plan
    change(&plan, &random, memory)
    while random.fraction() < Self.furtherChanges { change(&plan, &random, memory) }
    return (plan, parent)
  }

  /// Keeps what has led to something new.
  func learn(_ plan: SchedulePlan, from parent: Int?, _ news: SeenPairs.News) {
    guard let set = news.set, news.newPair != nil || news.isNewSet else { return }
    if entries.count < Self.most {
      entries.append(Entry(plan: plan, set: set))
    } else if let parent {
      entries[parent] = Entry(plan: plan, set: set)
    }
  }

  /// Those are drawn most whose pairs are rare, and which were seldom followed.
  private func draw(_ random: inout SplitMix64, _ memory: SeenPairs) -> Int {
    func weight(_ index: Int) -> Double {
      1 / Double((1 + memory.count(ofSet: entries[index].set)) * (1 + entries[index].uses))
    }
    var rest = random.fraction() * entries.indices.reduce(0) { $0 + weight($1) }
    for index in entries.indices {
      rest -= weight(index)
      if rest < 0 { return index }
    }
    return entries.count - 1
  }

  /// Adds a pair, takes one away, turns one round, or puts another in its place.
  private func change(
    _ plan: inout SchedulePlan, _ random: inout SplitMix64, _ memory: SeenPairs
  ) {
    let isShort = plan.count < Self.longest
    switch plan.isEmpty ? 0 : random.below(isShort ? 4 : 3) + (isShort ? 0 : 1) {
    case 0: add(to: &plan, &random, memory)
    case 1: _ = remove(from: &plan, &random)
    case 2:
      let (pair, isWanted) = remove(from: &plan, &random)
      if isWanted { plan.unwanted.append(pair) } else { plan.wanted.append(pair) }
    default:
      _ = remove(from: &plan, &random)
      add(to: &plan, &random, memory)
    }
  }

  private func add(
    to plan: inout SchedulePlan, _ random: inout SplitMix64, _ memory: SeenPairs
  ) {
    guard let pair = memory.draw(&random) else { return }
    if random.below(Self.unwantedPart) == 0 {
      plan.unwanted.append(pair)
    } else {
      plan.wanted.append(pair)
    }
  }

  private func remove(
    from plan: inout SchedulePlan, _ random: inout SplitMix64
  ) -> (pair: StepPair, isWanted: Bool) {
    let index = random.below(plan.count)
    return index < plan.wanted.count
      ? (plan.wanted.remove(at: index), true)
      : (plan.unwanted.remove(at: index - plan.wanted.count), false)
  }
}
