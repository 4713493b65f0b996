import Foundation
import InterleaveEngine
import Testing

/// What one controlled run of a body yielded.
struct Controlled<Value: Sendable>: Sendable {
  var end: RunEnd
  var schedule: RecordedSchedule
  var signature: UInt64
  /// What the body returned or threw; nil if it did not come to its end.
  var value: Result<Value, any Error>?
  var escapes: [Escape]
}

/// Holds what the root task of a run returns.
private final class Slot<Value: Sendable>: @unchecked Sendable {
  var value: Result<Value, any Error>?
}

extension Machine {
  /// Runs a body as the root task of one run.
  ///
  /// - Parameter seed: Seed 0 is the baseline, any other a random walk.
  func controlled<Value: Sendable>(
    seed: UInt64, _ body: @escaping @Sendable () async throws -> Value
  ) -> Controlled<Value> {
    let slot = Slot<Value>()
    let root: () -> Void = {
      Task {
        do { slot.value = .success(try await body()) } catch { slot.value = .failure(error) }
      }
    }
    let start = RunStart(index: Int(seed), seed: seed)
    let end =
      seed == 0 ? run(Baseline(), start, root: root) : run(RandomWalk(), start, root: root)
    let result = Controlled(
      end: end, schedule: recordedSchedule(), signature: signature, value: slot.value,
      escapes: recordedEscapes)
    finish()
    return result
  }
}

/// Runs a body once under control, on a thread of its own.
func controlled<Value: Sendable>(
  seed: UInt64 = 0, settings: MachineSettings = MachineSettings(),
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> Controlled<Value> {
  try await onThread { try Machine(settings: settings).controlled(seed: seed, body) }
}

/// When runs begin, in seconds since 1970; a suite that is run with shifted clocks says how.
func calendarOrigin() throws -> Int64 {
  let shift = ProcessInfo.processInfo.environment["INTERLEAVE_ORIGIN"]
  return try #require(Int64(shift?.split(separator: ",").last ?? "1735689600"))
}

/// Runs a body once under control within the task that calls.
func controlledInPlace<Value: Sendable>(
  _ body: @escaping @Sendable () async throws -> Value
) throws -> Controlled<Value> {
  try Machine(settings: MachineSettings()).controlled(seed: 0, body)
}

/// Does blocking work on a thread of its own, so that no thread of the pool waits.
func onThread<Value: Sendable>(
  _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    MachineThread.detach { continuation.resume(with: Result { try work() }) }
  }
}

/// Runs a body under many schedules, and checks what must hold for each of them:
/// the run ends by itself, nothing escapes, and the same seed gives the same run,
/// whether or not hops are taken over at the call.
///
/// - Parameters:
///   - count: How many seeds to try; the first is the baseline.
///   - mayEscape: Escapes are no failure.
///   - isLikeNative: Every run must return what the native runtime does.
/// - Returns: What the body returned, by seed.
@discardableResult
func forEverySeed<Value: Sendable & Equatable>(
  _ count: UInt64 = 20, settings: MachineSettings = MachineSettings(), mayEscape: Bool = false,
  isLikeNative: Bool = false, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @escaping @Sendable () async throws -> Value
) async throws -> [Value] {
  let (values, problems) = try await onThread {
    var values: [Value] = []
    var problems: [String] = []
    let machine = try Machine(settings: settings)
    for seed in 0..<count {
      let first = machine.controlled(seed: seed, body)
      switch first.value {
      case .success(let value): values.append(value)
      case .failure(let error): problems.append("seed \(seed): threw \(error)")
      case nil: problems.append("seed \(seed): the body did not end")
      }
      if first.end != .clean { problems.append("seed \(seed): ended \(first.end)") }
      if !mayEscape, !first.escapes.isEmpty {
        problems.append("seed \(seed): escaped \(first.escapes)")
      }
      if !problems.isEmpty { break }
      for isBounced in [false, true] {
        machine.leaveHops(isBounced)
        let again = machine.controlled(seed: seed, body)
        machine.leaveHops(false)
        let how = isBounced ? "by way of the runtime's own queue" : "again"
        if again.schedule != first.schedule || again.signature != first.signature {
          problems.append("seed \(seed): another schedule \(how)\n\(difference(first, again))")
        }
        if let value = try? again.value?.get(), value != values.last {
          problems.append("seed \(seed): \(value) \(how), not \(values.last!)")
        }
      }
    }
    return (values, problems)
  }
  if isLikeNative {
    let native = try await body()
    #expect(values.allSatisfy { $0 == native }, sourceLocation: sourceLocation)
  }
  for problem in problems.prefix(3) {
    Issue.record(Comment(rawValue: problem), sourceLocation: sourceLocation)
  }
  return values
}

/// The first step in which two runs differ.
private func difference<Value>(_ first: Controlled<Value>, _ second: Controlled<Value>) -> String {
  let (a, b) = (first.schedule.steps, second.schedule.steps)
  let index = zip(a, b).enumerated().first { $1.0 != $1.1 }?.offset ?? min(a.count, b.count)
  let left = index < a.count ? "\(a[index])" : "end"
  let right = index < b.count ? "\(b[index])" : "end"
  return "step \(index) of \(a.count) and \(b.count): \(left)\n  against \(right)"
}
