import Foundation
import InterleaveEngine
import Synchronization

/// Fuzzes bodies outside of tests: in programs, and to measure.
///
/// ```swift
/// let outcome = await Fuzzer().run(named: "bank") {
///   let bank = Bank(balance: 100)
///   async let a = bank.withdraw(80)
///   async let b = bank.withdraw(80)
///   _ = await (a, b)
///   let balance = await bank.balance
///   precondition(balance >= 0)
/// }
/// ```
///
/// It never throws, and records nothing in a test framework; an expectation of
/// Swift Testing that fails inside the body still counts as a failure.
public struct Fuzzer: Sendable {
  /// How bodies are fuzzed.
  public var configuration: FuzzConfiguration

  /// Makes a fuzzer.
  ///
  /// - Parameter configuration: How bodies are fuzzed.
  public init(_ configuration: FuzzConfiguration = FuzzConfiguration()) {
    self.configuration = configuration
  }

  /// Runs the body under one schedule after another.
  ///
  /// - Parameters:
  ///   - name: What reports and the corpus call it.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  ///   - body: What to run; it is called once for each schedule.
  /// - Returns: Whether a schedule failed, and what was run.
  public func run(
    named name: String, fileID: String = #fileID, filePath: String = #filePath,
    @_inheritActorContext _ body: @escaping @Sendable () async throws -> Void
  ) async -> FuzzOutcome {
    await run(PlainProgram(body), named: name, fileID: fileID, filePath: filePath)
  }

  /// Runs a program under one schedule after another.
  func run(
    _ program: any FuzzProgram, named name: String, fileID: String, filePath: String,
    _ conduct: @escaping Fuzzing.Conduct = Fuzzing.campaign(recordsExpectations: false)
  ) async -> FuzzOutcome {
    let suite = fileID.split(separator: "/").last.map { String($0.split(separator: ".")[0]) }
    let test = TestIdentity(
      suite: suite ?? "", name: name, arguments: "", filePath: filePath,
      module: TestIdentity.module(ofFileID: fileID))
    do {
      return try await Fuzzing.run(test, configuration, program, conduct).outcome
    } catch {
      let kind = FuzzFailure.Kind.thrownError
      return .failed(FuzzFailure(kind: kind, message: "\(error)", test: name), FuzzReport())
    }
  }
}

/// What a campaign came to, with what a test framework still has to do about it.
struct FuzzResult: Sendable {
  var outcome: FuzzOutcome
  /// The failing expectation's own issue has been recorded, with the report.
  var isRecorded = false
  /// The error by which the body called off the whole test.
  var cancellation: (any Error)?
}

/// Starts campaigns.
enum Fuzzing {
  /// What is done with a campaign.
  typealias Conduct = @Sendable (Campaign) throws -> FuzzResult

  /// All of it.
  static func campaign(recordsExpectations: Bool) -> Conduct {
    { try $0.conduct(recordsExpectations: recordsExpectations) }
  }

  /// Runs a campaign on a thread of its own.
  ///
  /// - Parameters:
  ///   - recordsExpectations: Lets the issue of the minimal run through.
  /// - Throws: ``ConfigurationError`` or `TakeoverError`, and what the test
  ///   framework throws.
  static func run(
    _ test: TestIdentity, _ configuration: FuzzConfiguration, recordsExpectations: Bool = false,
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> FuzzResult {
    try await run(
      test, configuration, recordsExpectations: recordsExpectations, PlainProgram(body))
  }

  /// Runs a campaign of a program, which may be generated.
  static func run(
    _ test: TestIdentity, _ configuration: FuzzConfiguration, recordsExpectations: Bool = false,
    _ program: any FuzzProgram
  ) async throws -> FuzzResult {
    try await run(
      test, configuration, program, campaign(recordsExpectations: recordsExpectations))
  }

  /// Does something with a campaign of a program.
  static func run(
    _ test: TestIdentity, _ configuration: FuzzConfiguration, _ program: any FuzzProgram,
    _ conduct: @escaping Conduct
  ) async throws -> FuzzResult {
    guard Machine.current == nil else {
      throw ConfigurationError(
        "a fuzzed body must not fuzz: move the inner `fuzz` out of the body of `\(test.name)`")
    }
    let resolved = try ResolvedConfiguration(
      configuration, test: test.fullName,
      environment: configuration.heedsEnvironment ? ProcessInfo.processInfo.environment : [:],
      freshSeed: { UInt64.random(in: 0...UInt64(UInt32.max)) })
    do {
      let result = try await run(test, resolved, program, conduct)
      try resolved.results.map { try CampaignRecord(test, result).append(to: $0) }
      return result
    } catch {
      var record = CampaignRecord(test, .error)
      record.error = "\(error)"
      try resolved.results.map { try record.append(to: $0) }
      throw error
    }
  }

  private static func run(
    _ test: TestIdentity, _ resolved: ResolvedConfiguration, _ program: any FuzzProgram,
    _ conduct: @escaping Conduct
  ) async throws -> FuzzResult {
    let capture = IssueCapture()
    let exchange = Exchange()
    try await withTaskCancellationHandler {
      try await capture.capturing {
        await Task(executorPreference: MachineThread()) {
          let result = Result {
            try conduct(
              Campaign(
                test: test, resolved: resolved, capture: capture,
                isCancelled: { exchange.isCancelled.withLock { $0 } },
                program: DoublesProgram(program)))
          }
          exchange.result.withLock { $0 = result }
        }.value
      }
    } onCancel: {
      exchange.isCancelled.withLock { $0 = true }
    }
    guard let result = exchange.result.withLock({ $0 }) else {
      throw ConfigurationError("the test framework did not run the body of `\(test.name)`")
    }
    var value = try result.get()
    if !resolved.configuration.sequence.isEmpty { value.outcome.markAsOneOrder() }
    if case .folder(let folder) = resolved.reporting, case .failed(let failure, _) = value.outcome {
      do {
        try FailureFiles(failure).write(below: folder, of: test)
      } catch {
        value.outcome.warn("the page of the failure could not be written: \(error)")
      }
    }
    if resolved.reporting == .all, value.cancellation == nil,
      case .passed(let report) = value.outcome
    {
      print("\(test.fullName): \(report.lines.joined(separator: "\n  "))".ascii)
    }
    return value
  }

  /// What a campaign's thread and its caller tell each other.
  private final class Exchange: Sendable {
    let result = Mutex<Result<FuzzResult, any Error>?>(nil)
    let isCancelled = Mutex(false)
  }
}
