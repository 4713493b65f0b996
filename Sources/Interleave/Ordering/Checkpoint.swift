import InterleaveEngine

/// A named point in the code, at which a task may be made to wait for others.
///
/// A string literal is one: `"paid" < "shipped"` says that the first comes before the second.
public struct Checkpoint: Sendable, Hashable, ExpressibleByStringInterpolation,
  CustomStringConvertible
{
  /// What it is called.
  public let name: String

  /// Makes a point of a name.
  public init(_ name: String) {
    self.name = name
  }

  public init(stringLiteral value: String) {
    name = value
  }

  public var description: String { SwiftLiteral.quoted(name) }

  /// One point comes before another.
  public static func < (earlier: Checkpoint, later: Checkpoint) -> CheckpointOrder {
    CheckpointOrder(earlier: earlier, later: later)
  }
}

/// That one point comes before another: `"paid" < "shipped"`.
///
/// No task passes the later one before some task has passed the earlier one.
public struct CheckpointOrder: Sendable, Hashable, CustomStringConvertible {
  /// The point that is passed first.
  public let earlier: Checkpoint
  /// The point that is passed after it.
  public let later: Checkpoint

  public var description: String { "\(earlier) < \(later)" }
}

/// Passes a named point: others may go first, and an order may demand it.
///
/// In a fuzzed run this is a scheduling point, and the report shows it. Where an order was asked
/// for that names the point, by `fuzz(ordering:)`, `interleave` or `withOrdering`, the task waits
/// here until its turn has come. All that other tasks did before earlier points has happened then;
/// and in a controlled run what follows the point, up to the next `await`, happens in the same
/// step: name a point for what comes next. Without an order it only yields.
///
/// ```swift
/// let save = Stub<Int, Void>("save", .computes { _ in await checkpoint("saved") })
/// ```
///
/// - Parameter name: The name of the point; several tasks may pass one of the same name.
public func checkpoint(
  _ name: String, isolation: isolated (any Actor)? = #isolation
) async {
  let point = Checkpoint(name)
  await schedulingPoint()
  let gates = [OrderGate.current, LiveRun.current?.doubles.order].compactMap(\.self)
  for gate in gates { await gate.waitForTurn(of: point, isolation: isolation) }
  for gate in gates { gate.pass(point) }
  LiveRun.current?.note("checkpoint \(point)")
}
