import InterleaveEngine

/// Runs a body that returns a value under one schedule after another, and counts what it returns.
///
/// ```swift
/// let report = try await fuzz(schedules: 1_000) {
///   let flags = Flags()
///   async let one = flags.raiseFirst()
///   async let other = flags.raiseSecond()
///   return await (one, other)
/// }
/// print(report)                    // with a row for each pair that came about
/// ```
///
/// Values are told from each other by how they print: see ``FuzzReport/outcomes``. None of them is
/// a failure by itself.
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
/// - Returns: What was run, with the outcomes.
/// - Throws: ``FuzzFailure`` for the first schedule that fails, made as small as
///   it could be; ``ConfigurationError`` for a setting that cannot be used;
///   `TakeoverError` where the runtime cannot be controlled.
@discardableResult
public func fuzz<Value: Sendable>(
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
  @_inheritActorContext _ body: @escaping @Sendable () async throws -> Value
) async throws -> FuzzReport {
  let configuration = configuration.with(
    schedules: schedules, duration: duration, until: until, seed: seed, strategy: strategy,
    time: time, interruptions: interruptions, poolWidth: poolWidth, native: native,
    cancellation: cancellation, workers: workers)
  return try await fuzz(
    PlainProgram(counting: body), configuration, named: name, function: function,
    at: FuzzFailure.SourceLocation(fileID: fileID, filePath: filePath, line: line, column: column))
}

extension Fuzzer {
  /// Runs a body that returns a value under one schedule after another, and counts what it returns.
  ///
  /// - Parameters:
  ///   - name: What reports and the corpus call it.
  ///   - filePath: The file by which the package, and so the corpus, is found.
  ///   - body: What to run; it is called once for each schedule.
  /// - Returns: Whether a schedule failed, and what was run, with the outcomes.
  public func run<Value: Sendable>(
    named name: String, fileID: String = #fileID, filePath: String = #filePath,
    @_inheritActorContext _ body: @escaping @Sendable () async throws -> Value
  ) async -> FuzzOutcome {
    await run(PlainProgram(counting: body), named: name, fileID: fileID, filePath: filePath)
  }
}

extension PlainProgram {
  /// - Parameter body: What to run; what it returns is an outcome, unless that is nothing.
  fileprivate convenience init<Value: Sendable>(
    counting body: @escaping @Sendable () async throws -> Value
  ) {
    self.init {
      let value = try await body()
      if !(value is Void) { LiveRun.current?.returned(value) }
    }
  }
}
