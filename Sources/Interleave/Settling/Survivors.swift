import InterleaveEngine

/// What actors keep from one run to the next, found by two runs of the same choices.
struct Survivors {
  private struct Property: Hashable {
    var actor: String
    var name: String
  }

  /// Different ones are told up to this number.
  private static let most = 3

  /// Each with what it began at in one run and in the next; nil where none was found.
  let words: String?

  /// Makes the runs.
  init(of schedule: RecordedSchedule, _ draws: Draws, _ runs: SettlingRuns) {
    let first = Self.beginnings(schedule, draws, runs)
    let second = Self.beginnings(schedule, draws, runs)
    let found = first.keys.filter { second[$0] != nil && second[$0] != first[$0] }
      .sorted { ($0.actor, $0.name) < ($1.actor, $1.name) }.prefix(Self.most)
    let lines = found.map { property in
      "`\(property.name)` of \(property.actor) began at \(first[property] ?? "") in one run, and at "
        + "\(second[property] ?? "") in the next, with the same choices"
    }
    words = lines.isEmpty ? nil : lines.joined(separator: "; ")
  }

  /// What each property was before it changed for the first time in a run.
  private static func beginnings(
    _ schedule: RecordedSchedule, _ draws: Draws, _ runs: SettlingRuns
  ) -> [Property: String] {
    var request = RunRequest.replay(schedule, draws)
    request.wants = [.trace, .changes]
    request.terms.patience = .hasty
    var beginnings: [Property: String] = [:]
    for step in runs.run(request).interleaving?.steps ?? [] {
      for change in step.changes {
        let property = Property(actor: step.actor, name: change.property)
        if beginnings[property] == nil { beginnings[property] = change.before }
      }
    }
    return beginnings
  }
}
