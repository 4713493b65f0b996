import InterleaveEngine
import Testing

/// Runs a body under one schedule after another, until one fails or the budget
/// is spent.
///
/// ```swift
/// @Test func neverOverdrawn() async throws {
///   try await fuzz {
///     let bank = Bank(balance: 100)
///     async let a = bank.withdraw(80)
///     async let b = bank.withdraw(80)
///     _ = await (a, b)
///     #expect(await bank.balance >= 0)
///   }
/// }
/// ```
///
/// A setting that is given by its name counts more than the configuration's: `fuzz(schedules: 100)`.
///
/// - Parameters:
///   - configuration: How the body is fuzzed.
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
///   - name: What tells this call from others in the same function.
///   - body: What to run; it is called once for each schedule.
/// - Returns: What was run.
/// - Throws: ``FuzzFailure`` for the first schedule that fails, made as small as
///   it could be; ``ConfigurationError`` for a setting that cannot be used;
///   `TakeoverError` where the runtime cannot be controlled.
@discardableResult
public func fuzz(
  _ configuration: FuzzConfiguration = FuzzConfiguration(), schedules: Int? = nil,
  duration: Duration? = nil, until: FuzzConfiguration.StopRule? = nil, seed: UInt64? = nil,
  strategy: FuzzConfiguration.StrategyChoice? = nil, time: FuzzConfiguration.TimeMode? = nil,
  interruptions: FuzzConfiguration.InterruptionMode? = nil,
  poolWidth: FuzzConfiguration.PoolWidth? = nil,
  native: [FuzzConfiguration.NativePartner]? = nil,
  cancellation: FuzzConfiguration.CancellationMode? = nil,
  workers: Int? = nil, named name: String? = nil,
  fileID: String = #fileID, filePath: String = #filePath, function: String = #function,
  line: Int = #line, column: Int = #column,
  @_inheritActorContext _ body: @escaping @Sendable () async throws -> Void
) async throws -> FuzzReport {
  let configuration = configuration.with(
    schedules: schedules, duration: duration, until: until, seed: seed, strategy: strategy,
    time: time, interruptions: interruptions, poolWidth: poolWidth, native: native,
    cancellation: cancellation, workers: workers)
  return try await fuzz(
    PlainProgram(body), configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

/// Replays one failure of a body, as its report prints it, and runs nothing else.
///
/// ```swift
/// try await fuzz(replaying: "interleave1-…") { … }
/// ```
///
/// - Parameters:
///   - failure: What ``FuzzFailure/replayString`` gives; blanks and line breaks count for nothing.
///   - name: What tells this call from others in the same function.
///   - body: What to run.
/// - Returns: What was run.
/// - Throws: ``FuzzFailure`` as long as the failure comes up; ``ConfigurationError`` for a string that
///   is not whole; `TakeoverError` where the runtime cannot be controlled.
@discardableResult
public func fuzz(
  replaying failure: String, named name: String? = nil, fileID: String = #fileID,
  filePath: String = #filePath, function: String = #function, line: Int = #line,
  column: Int = #column, @_inheritActorContext _ body: @escaping @Sendable () async throws -> Void
) async throws -> FuzzReport {
  var configuration = FuzzConfiguration()
  configuration.replaying = failure
  return try await fuzz(
    PlainProgram(body), configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

/// Runs a program under one schedule after another, and tells the test of it.
///
/// - Parameter location: The call that fuzzes.
func fuzz(
  _ program: any FuzzProgram, _ configuration: FuzzConfiguration, named name: String?,
  function: String, at location: FuzzFailure.SourceLocation
) async throws -> FuzzReport {
  let test = TestIdentity.current(
    name: name, fileID: location.fileID, filePath: location.filePath, function: function)
  let result = try await Fuzzing.run(test, configuration, program)
  if let cancellation = result.cancellation { throw cancellation }
  // One order that is asked for tries nothing.
  if configuration.sequence.isEmpty { ProcessSummary.note(result.outcome, of: test) }
  Host.current.show(result.outcome, at: location)
  switch result.outcome {
  case .passed(let report): return report
  case .failed(let failure, _):
    ThrownFailures.note(failure, thrownBy: location)
    throw failure
  }
}

extension TestIdentity {
  /// The identity of the test that is running, or else of the calling function.
  static func current(
    name: String?, fileID: String, filePath: String, function: String
  ) -> TestIdentity {
    var identity = TestIdentity(
      suite: fileID.split(separator: "/").last.map { String($0.prefix { $0 != "." }) } ?? "",
      name: function, arguments: "", filePath: filePath,
      filter: String(function.prefix { $0 != "(" }), module: module(ofFileID: fileID))
    if let test = Test.current { identity = TestIdentity(test, filePath: filePath) }
    if let name { identity.name += ".\(name)" }
    return identity
  }

  /// The identity of a test of Swift Testing.
  init(_ test: Test, filePath: String) {
    let components = test.id.nameComponents
    let suite = components.dropLast().joined(separator: ".")
    let file = test.sourceLocation.fileName.prefix { $0 != "." }
    self.init(
      suite: suite.isEmpty ? String(file) : suite, name: components.last ?? test.name,
      arguments: Test.Case.current.map(Self.arguments) ?? "", filePath: filePath,
      filter: components.map { $0.prefix { $0 != "(" } }.joined(separator: "/"),
      module: test.id.moduleName)
  }

  /// `AppTests` of `AppTests/BankTests.swift`.
  static func module(ofFileID fileID: String) -> String {
    fileID.contains("/") ? String(fileID.prefix { $0 != "/" }) : ""
  }

  /// The arguments of a case of a parameterised test, for people and file names.
  private static func arguments(of testCase: Test.Case) -> String {
    guard testCase.isParameterized else { return "" }
    return values(in: Mirror(reflecting: testCase)).joined(separator: ", ")
  }

  /// Finds the values of the arguments; Swift Testing does not publish them.
  private static func values(in mirror: Mirror) -> [String] {
    mirror.children.flatMap { child -> [String] in
      if child.label == "arguments" {
        return Mirror(reflecting: child.value).children.map { argument in
          let parts = Mirror(reflecting: argument.value).children
          let value = parts.first { $0.label == "value" }?.value ?? argument.value
          return String(describingForTest: value)
        }
      }
      return child.label == "_kind" || child.label == "parameterized"
        ? values(in: Mirror(reflecting: child.value)) : []
    }
  }
}
