import Foundation
import InterleaveEngine

/// Something that tasks share, and what can be done with it.
///
/// Each operation tells what it saw. No operation may race with another on plain memory: such
/// programs are the thread sanitizer's.
protocol SharedThing: AnyObject, Sendable {
  static var name: String { get }
  /// What can be done without suspending.
  static var operations: [String] { get }
  /// What may suspend whoever does it.
  static var waits: [String] { get }
  /// The real runtime can show the same outcomes as a controlled run.
  static var isComparable: Bool { get }
  /// By how much fewer runs are made of programs that share it, since each takes so long.
  static var slowness: Int { get }

  /// Makes it.
  ///
  /// - Parameter place: Its place among the things of the program.
  init(place: Int)

  /// Something that the root and each task that it is handed to hold, until they drop it.
  var heirloom: AnyObject? { get }

  /// Does something.
  ///
  /// - Returns: What was seen.
  func use(_ operation: Int, by user: Participant) -> String

  /// Does something that may suspend.
  ///
  /// - Returns: What was seen.
  func wait(
    _ operation: Int, by user: Participant, isolation: isolated (any Actor)?
  ) async -> String

  /// Lets those go on who wait and for whom nobody is left.
  func release()

  /// Gives back what a task still holds that ends.
  func leave(_ user: Participant)

  /// What it came to.
  func end() -> String
}

extension SharedThing {
  static var waits: [String] { [] }
  static var isComparable: Bool { true }
  static var slowness: Int { 1 }
  var heirloom: AnyObject? { nil }

  func wait(
    _ operation: Int, by user: Participant, isolation: isolated (any Actor)?
  ) async -> String {
    preconditionFailure("\(Self.name) has nothing that suspends")
  }

  func release() {}
  func leave(_ user: Participant) {}
  func end() -> String { "" }
}

/// One task of a run, and what it saw.
///
/// Its memory is its own.
final class Participant: @unchecked Sendable {
  let name: String
  private(set) var lines: [String] = []
  private var offspring: [Participant] = []
  /// What the task holds of each thing.
  var holds: [Int]
  /// What it keeps alive for each thing.
  var heirlooms: [AnyObject?]
  private var jitter: SplitMix64?

  init(_ name: String, holds: [Int], heirlooms: [AnyObject?], jitter: SplitMix64?) {
    self.name = name
    self.holds = holds
    self.heirlooms = heirlooms
    self.jitter = jitter
  }

  /// Another one, whom it makes.
  ///
  /// - Parameter inherits: The other one holds what this one keeps alive, too.
  func child(_ suffix: String, inherits: Bool = true) -> Participant {
    let child = Participant(
      name + suffix, holds: Array(repeating: 0, count: holds.count),
      heirlooms: inherits ? heirlooms : [],
      jitter: jitter.map { _ in SplitMix64(seed: jitter?.next() ?? 0) })
    offspring.append(child)
    return child
  }

  func note(_ line: String) {
    if !line.isEmpty { lines.append(line) }
  }

  /// Lets go of what it keeps alive for a thing.
  ///
  /// - Parameter place: The thing's place among those of the program.
  func drop(_ place: Int) {
    if place < heirlooms.count { heirlooms[place] = nil }
  }

  /// Outside of control, takes a little time now and then.
  func pause() {
    guard jitter != nil else { return }
    spin(jitter?.below(3) == 0 ? jitter?.below(2_000) ?? 0 : 0)
  }

  private static let turn = NSLock()

  /// Outside of control, has what is not safe beside its like done by one at a time: its order is what
  /// is looked at, not what memory holds amid it.
  func inTurn<Value>(_ body: () -> Value) -> Value {
    jitter == nil ? body() : Self.turn.withLock(body)
  }

  /// What it and those that it made saw.
  var outcome: String {
    offspring.reduce("\(name): \(lines.joined(separator: " "))") { $0 + "\n" + $1.outcome }
  }
}

/// Computes for a while.
@inline(never)
private func spin(_ turns: Int) {
  var state = UInt64(turns)
  for _ in 0..<turns { state = mix(state, 1) }
  if state == 1 { print() }
}
