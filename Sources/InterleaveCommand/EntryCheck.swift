import Foundation
import Interleave

/// Finds out which entries of a corpus are as they should be.
struct EntryCheck {
  /// What an entry is found to be.
  enum State: String {
    /// It can be read and its test is there; it was not replayed.
    case readable
    /// Its interleaving is there, and passes.
    case fixed
    /// Its test fails with it.
    case fails
    /// Its interleaving is gone, but the same failure was found near it.
    case repaired
    /// Its interleaving is gone.
    case stale
    /// Its test is gone.
    case orphaned
    /// Another file keeps the same.
    case duplicate
    /// No test has replayed it.
    case idle
    case unreadable

    var isWell: Bool { self == .readable || self == .fixed }
    /// It may be deleted.
    var isUseless: Bool { self == .stale || self == .orphaned || self == .duplicate }
  }

  struct Item {
    var stored: StoredEntry
    var state: State
    var reason = ""
  }

  private let options: PackageOptions

  init(_ options: PackageOptions) {
    self.options = options
  }

  /// Checks every entry.
  ///
  /// - Parameter replays: The tests are built and the entries are replayed, too.
  func check(replays: Bool) throws -> [Item] {
    var items = checkFiles(try StoredEntries(of: options))
    guard replays, items.contains(where: { $0.state == .readable }) else { return items }
    let tests = PackageTests(options: options)
    try tests.build()
    for index in items.indices where items[index].state == .readable {
      let stored = items[index].stored
      let (records, _) = try tests.records(
        filter: stored.filter,
        environment: ["INTERLEAVE_MODE": "replay", "INTERLEAVE_ENTRY": stored.location])
      (items[index].state, items[index].reason) = judge(records)
    }
    return items
  }

  private func checkFiles(_ entries: StoredEntries) -> [Item] {
    let sources = TestSources(package: options.package)
    var known: [String: String] = [:]
    return entries.all.map { stored in
      switch stored.entry {
      case .failure(let error):
        return Item(stored: stored, state: .unreadable, reason: error.description)
      case .success(let entry):
        if let obstacle = sources.obstacle(to: entry.test) {
          return Item(stored: stored, state: .orphaned, reason: obstacle)
        }
        let name = "\(stored.test) \(entry.digest)"
        if let other = known[name] {
          return Item(stored: stored, state: .duplicate, reason: "\(other) keeps the same")
        }
        known[name] = stored.path
        return Item(stored: stored, state: .readable)
      }
    }
  }

  private func judge(_ records: [CampaignRecord]) -> (State, String) {
    if let error = records.compactMap(\.error).first { return (.unreadable, error) }
    guard let record = records.first(where: \.wasReplayed) else {
      return (.idle, "no fuzzed test of that name ran")
    }
    if !record.repaired.isEmpty {
      return (.repaired, "the same failure was found near it; commit the new entry")
    }
    if let failure = record.failure {
      let place = failure.place.map { " at \($0)" } ?? ""
      return (.fails, failure.kind + place)
    }
    if !record.stale.isEmpty {
      return (.stale, record.warnings.first ?? "its interleaving is gone")
    }
    return (.fixed, "")
  }
}
