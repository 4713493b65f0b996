import Interleave
import Testing

/// The entry of an example was replayed, and fails as it did.
func expectEntryFails(
  _ outcome: FuzzOutcome, as kind: FuzzFailure.Kind, of name: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let failure = try #require(outcome.failure, sourceLocation: sourceLocation)
  #expect(failure.kind == kind, sourceLocation: sourceLocation)
  #expect(outcome.report.replayed == 1, sourceLocation: sourceLocation)
  #expect(
    outcome.report.schedules == 0, "nothing new was tried", sourceLocation: sourceLocation)
  #expect(
    failure.corpusFile?.hasPrefix("corpus/Examples/Examples/\(name)/") == true,
    sourceLocation: sourceLocation)
}

/// The entry of an example was replayed, and does not fail.
func expectEntryIsMended(
  _ outcome: FuzzOutcome, sourceLocation: SourceLocation = #_sourceLocation
) {
  if case .failed(let failure, _) = outcome {
    Issue.record("\(failure)", sourceLocation: sourceLocation)
  }
  #expect(outcome.report.replayed == 1, sourceLocation: sourceLocation)
  #expect(
    outcome.report.fixed.count + outcome.report.stale.count == 1, sourceLocation: sourceLocation)
}
