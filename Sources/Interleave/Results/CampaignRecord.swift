// Results: what campaigns came to, in files that programs read, and a failure as one string.

import Foundation

/// What a campaign came to, as one line of JSON in the file that `INTERLEAVE_RESULTS` names.
public struct CampaignRecord: Codable, Sendable, Hashable {
  /// What became of it.
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    /// Nothing failed.
    case passed
    /// Something failed.
    case failed
    /// The test was called off.
    case cancelled
    /// It could not be begun or ended: a setting or a corpus file cannot be used.
    case error
  }

  /// The failure that was found.
  public struct Failure: Codable, Sendable, Hashable {
    /// The kind, by its name in ``FuzzFailure/Kind``.
    public var kind: String
    /// What went wrong.
    public var message: String
    /// The file and the line, where it is a place in the source.
    public var place: String?
    /// The seed of the campaign.
    public var seed: UInt64
    /// The steps of the minimal interleaving.
    public var steps: Int
    /// Its preemptions.
    public var preemptions: Int
    /// Its choices that depart from the ordinary order.
    public var deviations: Int
    /// The steps of the run that was made small.
    public var originalSteps: Int
    /// Its preemptions.
    public var originalPreemptions: Int
    /// Its choices that depart from the ordinary order.
    public var originalDeviations: Int
    /// No schedule with fewer preemptions fails: all of them were tried.
    public var isMinimal: Bool
    /// The file that keeps it.
    public var corpusFile: String?
    /// Why nothing keeps it; nil where something does, or where nothing was to.
    public var unsaved: String?
    /// The whole of it as a string, for `fuzz(replaying:)`.
    public var replayString: String?
    /// The report.
    public var report: String
  }

  /// The module of the test; empty where it is not known.
  public var module: String
  /// The suite, or the file where there is none.
  public var suite: String
  /// The test, with what tells calls of one test apart.
  public var test: String
  /// The arguments of a case of a parameterised test; empty for others.
  public var arguments: String
  /// What became of it.
  public var outcome: Outcome
  /// How many schedules were tried, those of the corpus not included.
  public var schedules = 0
  /// How many interleavings differ in more than the order of independent steps.
  public var distinctInterleavings = 0
  /// How often more than one step could run.
  public var choices = 0
  /// Every interleaving was run and passed.
  public var isExhaustive = false
  /// The estimated probability that one more schedule shows an unseen interleaving.
  public var residualRisk: Double?
  /// How many interleavings there are, by estimate; nil where all were run, and where that is not
  /// told.
  public var interleavings: FuzzReport.InterleavingEstimate?
  /// Which steps were seen in both orders; nil where that is not told.
  public var coverage: FuzzReport.OrderCoverage?
  /// How long it took, in seconds.
  public var seconds: Double = 0
  /// How many corpus entries were replayed.
  public var replayed = 0
  /// The corpus files whose failure does not come up any more.
  public var fixed: [String] = []
  /// The corpus files whose interleaving does not exist any more.
  public var stale: [String] = []
  /// The corpus files whose interleaving has gone, but near which the same failure was found.
  public var repaired: [String] = []
  /// What the body returned, and how often; nil where it returns nothing.
  public var outcomes: [FuzzReport.Outcome]?
  /// What the author of the test should know although nothing failed.
  public var warnings: [String] = []
  /// The failure that was found, if one was.
  public var failure: Failure?
  /// What could not be used, where that is the outcome.
  public var error: String?

  /// The test by its whole name.
  public var name: String {
    ([module, suite, test].filter { !$0.isEmpty }.joined(separator: "/"))
      + (arguments.isEmpty ? "" : " \(arguments)")
  }

  /// Reads the lines that campaigns have written.
  ///
  /// - Throws: What is wrong with the first line that cannot be read.
  public static func read(_ text: String) throws -> [CampaignRecord] {
    try text.split(separator: "\n").map {
      try JSONDecoder().decode(CampaignRecord.self, from: Data($0.utf8))
    }
  }
}

extension CampaignRecord {
  init(_ test: TestIdentity, _ outcome: Outcome) {
    self.init(
      module: test.module, suite: test.suite, test: test.name, arguments: test.arguments,
      outcome: outcome)
  }

  init(_ test: TestIdentity, _ result: FuzzResult) {
    self.init(
      test,
      result.cancellation != nil
        ? .cancelled : result.outcome.failure == nil ? .passed : .failed)
    let report = result.outcome.report
    schedules = report.schedules
    distinctInterleavings = report.distinctInterleavings
    choices = report.choices
    isExhaustive = report.isExhaustive
    residualRisk = report.residualRisk?.estimate
    interleavings = report.interleavings
    coverage = report.coverage
    let (whole, fraction) = report.elapsed.components
    seconds = Double(whole) + Double(fraction) / 1e18
    replayed = report.replayed
    fixed = report.fixed
    stale = report.stale
    repaired = report.repaired
    outcomes = report.outcomes.isEmpty ? nil : report.outcomes
    warnings = report.escapeLines + report.warnings
    failure = result.outcome.failure.map { failure in
      Failure(
        kind: failure.kind.rawValue, message: failure.message,
        place: failure.sourceLocation.map { "\($0)" }, seed: failure.seed,
        steps: failure.interleaving.wholeSteps, preemptions: failure.interleaving.preemptions,
        deviations: failure.interleaving.deviations.count,
        originalSteps: failure.original.steps, originalPreemptions: failure.original.preemptions,
        originalDeviations: failure.original.deviations, isMinimal: failure.isMinimal,
        corpusFile: failure.corpusFile, unsaved: failure.unsavedEntry?.reason,
        replayString: failure.replayString,
        report: failure.asciiText(width: 100))
    }
  }

  /// Adds it to a file as one line, whoever else adds to it.
  ///
  /// - Throws: ``ConfigurationError`` where the file cannot be written to.
  func append(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var line = try encoder.encode(self)
    line.append(UInt8(ascii: "\n"))
    do throws(FileError) {
      try FileCalls.append(Array(line), to: path)
    } catch {
      throw ConfigurationError(
        "\(EnvironmentVariable.results.rawValue) must name a file that can be written to "
          + "(\(error))")
    }
  }
}
