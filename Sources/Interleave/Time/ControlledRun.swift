import InterleaveEngine

/// One run of a body, under the schedule that never preempts.
struct ControlledRun<Value: Sendable>: Sendable {
  /// What the body returned or threw; nil if it did not come to its end.
  var result: Result<Value, any Error>?
  /// Why it did not, or what else was wrong with the run.
  var failure: FuzzFailure?
  /// What was left when the body had ended.
  var leftovers: [String] = []

  /// What the body returned.
  ///
  /// - Throws: What was wrong with the run; else what the body threw.
  func get() throws -> Value {
    if let failure { throw failure }
    guard let result else { preconditionFailure("a body that does not end is a failure") }
    return try result.get()
  }

  /// Runs a body on a thread of its own.
  ///
  /// - Parameters:
  ///   - test: What is run, for reports.
  ///   - grace: How far virtual time may go once the body has ended; not negative.
  ///   - body: What to run. If the calling task is cancelled, so is the task that it runs in.
  /// - Throws: `TakeoverError` where the runtime cannot be controlled.
  static func run(
    _ test: TestIdentity, grace: Duration = .zero,
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> ControlledRun {
    let isCancelled = Task.isCancelled
    return try await Task(executorPreference: MachineThread()) {
      try perform(test, grace: grace, isCancelled: isCancelled, body)
    }.value
  }

  private static func perform(
    _ test: TestIdentity, grace: Duration, isCancelled: Bool,
    _ body: @escaping @Sendable () async throws -> Value
  ) throws(TakeoverError) -> ControlledRun {
    var settings = MachineSettings()
    if let limit = FuzzConfiguration().timeLimit {
      settings.timeLimit = Int64(clamping: limit.nanoseconds)
    }
    settings.timeAfterRoot = Int64(clamping: grace.nanoseconds)
    let machine = try Machine(settings: settings)
    let run = LiveRun(machine: machine)
    machine.owner = run
    defer { withExtendedLifetime(run) { machine.observer = nil } }
    let slot = Slot()
    let end = machine.run(Baseline(), RunStart(index: 0, seed: 0)) {
      let root = Task(priority: .medium) {
        do { slot.result = .success(try await body()) } catch { slot.result = .failure(error) }
      }
      if isCancelled { root.cancel() }
    }
    let open = openResources(run, machine)
    if end == .clean { machine.withEnvironment { run.checkFinally() } }
    let standstill = Standstill(machine, checks: .all)
    var outcome = ControlledRun(result: slot.result)
    if slot.result != nil { outcome.leftovers = standstill.leftovers(after: end) + open }
    if let failure = run.failure ?? (slot.result == nil ? standstill.failure(of: end) : nil) {
      outcome.failure = FuzzFailure(
        kind: failure.kind, message: failure.message, sourceLocation: failure.location,
        interleaving: Explainer(machine.trace()).interleaving(upTo: failure.steps), test: test.name)
    }
    machine.finish()
    return outcome
  }

  /// Takes the checks of what was opened from a run that is over.
  ///
  /// - Returns: What is said of that which is still open.
  private static func openResources(_ run: LiveRun, _ machine: Machine) -> [String] {
    let checks = run.doubles.checks
    run.doubles.checks = []
    var open: [String] = []
    machine.withEnvironment { open = checks.compactMap { $0()?.message } }
    return open
  }

  /// Takes what the body returns out of its task; used on the machine's thread alone.
  private final class Slot: @unchecked Sendable {
    var result: Result<Value, any Error>?
  }
}
