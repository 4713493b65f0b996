import Foundation
import Interleave

extension Verbs {
  /// Makes an entry smaller with more runs than were spent on it when it was found.
  func minimize(_ name: String, runs: Int, _ options: PackageOptions) throws -> ExitCode {
    let stored = try StoredEntries(of: options).readable(name)
    let tests = PackageTests(options: options)
    try tests.build()
    // Who asks for a smaller entry wants it written, on a server too.
    let (records, _) = try tests.records(
      filter: stored.filter,
      environment: [
        "INTERLEAVE_MODE": "minimize", "INTERLEAVE_ENTRY": stored.location,
        "INTERLEAVE_SHRINKING": String(runs), "CI": "",
      ])
    let record = try stored.replayed(in: records)
    guard let failure = record.failure else {
      print("\(stored.words(ofPassing: record)), so that there is nothing to make smaller")
      return .failure
    }
    if let reason = failure.unsaved { throw CommandError(.write, reason) }
    print(options.json ? try Self.json(record) : Self.words(ofSmaller: failure, stored))
    return .success
  }

  private static func words(
    ofSmaller failure: CampaignRecord.Failure, _ stored: StoredEntry
  ) -> String {
    let after = sizeWords(failure.steps, failure.preemptions, failure.deviations)
    let bound = failure.isMinimal ? "no schedule with fewer preemptions fails" : nil
    let name = URL(filePath: stored.path).lastPathComponent
    guard let file = failure.corpusFile, URL(filePath: file).lastPathComponent != name else {
      return ["as small as it gets: \(stored.path) has \(after)", bound].compactMap(\.self)
        .joined(separator: "\n  ")
    }
    let before = sizeWords(
      failure.originalSteps, failure.originalPreemptions, failure.originalDeviations)
    return ["smaller: \(stored.path) is \(file)", "\(before) -> \(after)", bound]
      .compactMap(\.self).joined(separator: "\n  ")
  }

  private static func sizeWords(_ steps: Int, _ preemptions: Int, _ deviations: Int) -> String {
    [(steps, "step"), (preemptions, "preemption"), (deviations, "deviation")]
      .map { "\($0) \($1)" + ($0 == 1 ? "" : "s") }.joined(separator: ", ")
  }
}
