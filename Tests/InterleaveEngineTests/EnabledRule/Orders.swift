import InterleaveEngine
import Testing

/// The orders in which a program may run.
struct Orders<Value: Hashable & Sendable>: Sendable {
  /// What the body returned, over all schedules that were run.
  var seen: Set<Value> = []
  /// Every schedule was run.
  var isExhaustive = false
}

/// Keeps what happened, in order; all of it on the machine's thread.
final class Trace: @unchecked Sendable {
  private(set) var events: [String] = []

  func add(_ event: String) { events.append(event) }
}

/// Runs a body under every schedule, or if there are too many of them under as many
/// random ones.
func orders<Value: Hashable & Sendable>(
  time: MachineSettings.Time = .whenIdle, mailboxes: MachineSettings.Mailboxes = .asRuntime,
  most: Int = 4_000, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @escaping @Sendable () async -> Value
) async throws -> Orders<Value> {
  var settings = MachineSettings()
  settings.time = time
  settings.mailboxes = mailboxes
  let (orders, problem) = try await onThread { [settings] in
    let machine = try Machine(settings: settings)
    var orders = Orders<Value>()
    var problem: String?
    let search = BoundedSearch(maxPreemptions: 1_000)
    var runs = 0
    while runs < most, search.advance() {
      problem = problem ?? orders.add(machine, search, body)
      runs += 1
    }
    orders.isExhaustive = search.isExhausted
    let walk = RandomWalk()
    while !orders.isExhaustive, runs < 2 * most {
      problem = problem ?? orders.add(machine, walk, seed: UInt64(runs), body)
      runs += 1
    }
    return (orders, problem)
  }
  if let problem { Issue.record(Comment(rawValue: problem), sourceLocation: sourceLocation) }
  return orders
}

extension Orders {
  /// Runs one schedule.
  ///
  /// - Returns: What was wrong with the run.
  fileprivate mutating func add(
    _ machine: Machine, _ strategy: some Strategy, seed: UInt64 = 0,
    _ body: @escaping @Sendable () async -> Value
  ) -> String? {
    let result = Result<Value>()
    let end = machine.run(strategy, RunStart(index: 0, seed: seed)) {
      Task { result.value = await body() }
    }
    defer { machine.finish() }
    guard end == .clean, let value = result.value, !machine.hasEscapes else {
      return "a run ended \(end), with escapes: \(machine.recordedEscapes)"
    }
    seen.insert(value)
    return nil
  }

  private final class Result<Wrapped>: @unchecked Sendable {
    var value: Wrapped?
  }
}
