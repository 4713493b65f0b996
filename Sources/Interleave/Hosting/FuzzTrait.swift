import InterleaveEngine
import Synchronization
public import Testing

/// Fuzzes an existing async test, or each test of a suite.
///
/// ```swift
/// @Test(.fuzzed) func neverOverdrawn() async throws { … }
///
/// @Suite(.fuzzed(schedules: 200)) struct BankTests { … }
/// ```
///
/// The body of the test runs once for each schedule. A failure is recorded as
/// one issue, at the expectation that failed, with the minimal interleaving.
public struct FuzzTrait: TestTrait, SuiteTrait, TestScoping {
  let configuration: FuzzConfiguration

  public var isRecursive: Bool { true }

  /// A parameterised test is wrapped as a whole, too: what concerns all its cases is told once.
  public func scopeProvider(for test: Test, testCase: Test.Case?) -> FuzzTrait? {
    guard !test.isSuite else { return nil }
    return testCase != nil || test.isParameterized ? self : nil
  }

  /// Marks that a trait of an inner suite or of the test itself has taken over.
  @TaskLocal private static var isActive = false

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // The innermost trait decides how the test is fuzzed; the others step aside.
    let innermost = test.traits.last { $0 is FuzzTrait } as? FuzzTrait
    guard innermost?.id == id, !Self.isActive else { return try await function() }
    guard testCase != nil else {
      let cases = FuzzedCases()
      try await FuzzedCases.$current.withValue(cases) { try await function() }
      if let (failure, isInherited) = cases.failure {
        if !isInherited { ProcessSummary.noteFailure() }
        tell(failure, of: test, isInherited: isInherited)
      }
      if let warning = cases.warning {
        Host.swiftTesting.show(
          .passed(warning), at: FuzzFailure.SourceLocation(test.sourceLocation))
      }
      return
    }
    let identity = TestIdentity(test, filePath: test.sourceLocation.filePath)
    let result = try await Self.$isActive.withValue(true) {
      try await withEscaping(function) { body in
        try await Fuzzing.run(
          identity, configuration, recordsExpectations: true, withFixtures(of: test, around: body))
      }
    }
    if let cancellation = result.cancellation { throw cancellation }
    let location = FuzzFailure.SourceLocation(test.sourceLocation)
    var outcome = result.outcome
    let isTold = FuzzedCases.current?.take(&outcome, isInherited: isInherited(by: test)) ?? false
    ProcessSummary.note(isTold ? .passed(outcome.report) : outcome, of: identity)
    Host.swiftTesting.show(outcome, at: location)
    guard let failure = outcome.failure, !result.isRecorded, !isTold else { return }
    tell(failure, of: test, isInherited: isInherited(by: test))
  }

  private func tell(_ failure: FuzzFailure, of test: Test, isInherited: Bool) {
    let location = failure.sourceLocation.map { SourceLocation($0) } ?? test.sourceLocation
    if failure.kind == .nothingInterleaved, isInherited {
      Issue.record(
        Comment(ascii: "this test is fuzzed because its suite is, but \(failure.message)"),
        severity: .warning, sourceLocation: location)
    } else {
      Issue.record(failure, sourceLocation: location)
    }
  }

  private let id = Identity()

  private final class Identity: Sendable, Equatable {
    /// It was seen on a suite.
    let isOnSuite = Mutex(false)

    static func == (lhs: Identity, rhs: Identity) -> Bool { lhs === rhs }
  }

  public func prepare(for test: Test) async throws {
    if test.isSuite { id.isOnSuite.withLock { $0 = true } }
  }

  /// A test has the trait from its suite alone.
  private func isInherited(by test: Test) -> Bool {
    id.isOnSuite.withLock { $0 }
      && test.traits.count { ($0 as? FuzzTrait)?.id == id } == 1
  }

  init(configuration: FuzzConfiguration) {
    self.configuration = configuration
  }
}

extension Trait where Self == FuzzTrait {
  /// Runs the test under many schedules.
  public static var fuzzed: FuzzTrait { fuzzed(FuzzConfiguration()) }

  /// Runs the test under many schedules, as configured; a setting that is given by its name counts
  /// more than the configuration's.
  ///
  /// ```swift
  /// @Test(.fuzzed(schedules: 10_000, workers: 4)) func neverOverdrawn() async throws { … }
  /// @Test(.fuzzed(until: .risk(below: 0.01))) func neverEmpty() async throws { … }
  /// @Test(.fuzzed(cancellation: .anyTask)) func neverStuck() async throws { … }
  /// ```
  ///
  /// - Parameters:
  ///   - configuration: How the test is fuzzed.
  ///   - schedules: The number of schedules to try, at least 1.
  ///   - duration: The time after which no new schedule begins.
  ///   - until: What may end it before.
  ///   - seed: The seed of everything that is drawn at random.
  ///   - strategy: What chooses the schedules.
  ///   - time: When timers may fire while other work is waiting.
  ///   - interruptions: Where a step may be interrupted inside.
  ///   - poolWidth: How many threads the pool has.
  ///   - native: What runs leave alone on purpose.
  ///   - cancellation: Which tasks a run may cancel.
  ///   - workers: The number of processes that explore schedules, at least 1.
  public static func fuzzed(
    _ configuration: FuzzConfiguration = FuzzConfiguration(), schedules: Int? = nil,
    duration: Duration? = nil, until: FuzzConfiguration.StopRule? = nil, seed: UInt64? = nil,
    strategy: FuzzConfiguration.StrategyChoice? = nil, time: FuzzConfiguration.TimeMode? = nil,
    interruptions: FuzzConfiguration.InterruptionMode? = nil,
    poolWidth: FuzzConfiguration.PoolWidth? = nil,
    native: [FuzzConfiguration.NativePartner]? = nil,
    cancellation: FuzzConfiguration.CancellationMode? = nil,
    workers: Int? = nil
  ) -> FuzzTrait {
    FuzzTrait(
      configuration: configuration.with(
        schedules: schedules, duration: duration, until: until, seed: seed, strategy: strategy,
        time: time, interruptions: interruptions, poolWidth: poolWidth,
        native: native, cancellation: cancellation, workers: workers))
  }

  /// Replays one failure, as its report prints it, and runs nothing else.
  ///
  /// ```swift
  /// @Test(.replays("interleave1-…")) func neverOverdrawn() async throws { … }
  /// ```
  ///
  /// The test fails as long as the failure comes up, and passes once it is mended. Blanks and line
  /// breaks in the string count for nothing.
  ///
  /// - Parameter failure: What ``FuzzFailure/replayString`` gives.
  public static func replays(_ failure: String) -> FuzzTrait {
    fuzzed { $0.replaying = failure }
  }

  /// Runs the test under many schedules, with whatever a closure sets.
  ///
  /// ```swift
  /// @Test(.fuzzed { $0.stepLimit = 500 }) func neverTurnsInACircle() async throws { … }
  /// ```
  ///
  /// - Parameter configure: Sets what is to differ from the defaults.
  public static func fuzzed(_ configure: (inout FuzzConfiguration) -> Void) -> FuzzTrait {
    var configuration = FuzzConfiguration()
    configure(&configuration)
    return fuzzed(configuration)
  }
}

/// Lets a closure that must not escape outlive the call, in tasks that never run
/// again.
///
/// A run that came to a standstill leaves tasks behind which hold on to the
/// closure, but will never call it. Swift checks that nobody holds it when the
/// call ends; so what they hold is released on their behalf.
func withEscaping<Result: Sendable>(
  _ function: @Sendable () async throws -> Void,
  _ body: (@escaping @Sendable () async throws -> Void) async throws -> Result
) async throws -> Result {
  try await withoutActuallyEscaping(function) { escaping in
    var holders = ClosureHolders(of: escaping)
    holders.begin()
    defer { holders.releaseNewcomers() }
    return try await body(escaping)
  }
}
