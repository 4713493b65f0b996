/// Makes a failing sequence of choices as simple as it can.
///
/// It asks and is told: take a candidate from ``next()``, run it, and say with
/// ``report(_:)`` how it ended; until there is none. So it can take turns with the
/// shrinker of schedules, and what runs the candidates may be anything.
///
/// ```swift
/// while let candidate = shrinker.next() {
///   let source = ChoiceSource(replaying: candidate)
///   let fails = …
///   shrinker.report(fails ? .fails(source.recording) : .passes)
/// }
/// ```
///
/// Simpler means fewer choices, or as many that are lexicographically simpler ("shortlex"). Each
/// accepted recording is simpler than the last, so it ends, and it ends where no pass changes
/// anything. The passes follow MacIver, Donaldson: "Test-case reduction via test-case
/// generation" (ECOOP 2020).
package struct ChoiceShrinker: Sendable {
  /// How the run of a candidate ended.
  package enum Outcome: Sendable {
    /// It failed in the same way, and drew this.
    case fails(Recording)
    /// It did not fail so, or no value could be made of it.
    case passes
  }

  /// The simplest recording that fails, so far.
  package private(set) var best: Recording
  /// How many candidates were given out.
  package private(set) var runs = 0
  /// How many candidates may be given out.
  package var budget: Int

  private let passes = ShrinkPass.all
  private var pass = 0
  private var place = 0
  private var descent = Descent()
  private var changedInRound = false
  private var changedInPass = false
  private var refused: Set<[Choice]> = []
  private var pending: (candidate: [Choice], target: UInt128)?

  /// Starts from a failing recording.
  ///
  /// - Parameters:
  ///   - failing: What the failing run drew.
  ///   - budget: How many candidates may be tried; at least 0.
  package init(_ failing: Recording, budget: Int = 10_000) {
    best = failing
    self.budget = budget
  }

  /// Whether no change is left to try; false where the budget ended before.
  package private(set) var isFixpoint = false

  /// The next candidate to run; nil when nothing is left to try, or the budget is spent.
  package mutating func next() -> [Choice]? {
    precondition(pending == nil, "report how the last candidate ended before asking for another")
    while runs < budget, !isFixpoint {
      guard let move = passes[pass].move(best, place) else {
        finishPass()
        continue
      }
      guard let target = descent.next(below: move.size) else {
        place += move.stride
        descent = Descent()
        continue
      }
      guard let candidate = move.candidate(target), candidate != best.values,
        !refused.contains(candidate)
      else {
        descent.refuse(target)
        continue
      }
      pending = (candidate, target)
      runs += 1
      return candidate
    }
    return nil
  }

  /// Learns how the last candidate ended.
  package mutating func report(_ outcome: Outcome) {
    guard let (candidate, target) = pending else {
      preconditionFailure("a candidate must be taken with `next()` before it is reported on")
    }
    pending = nil
    guard case .fails(let recording) = outcome, recording.isSimpler(than: best) else {
      refused.insert(candidate)
      descent.refuse(target)
      return
    }
    best = recording
    changedInRound = true
    changedInPass = true
    if target == 0 {
      descent = Descent()
    } else {
      descent.accept()
    }
  }

  /// Starts over from the best so far, forgetting what was refused: for when something else that
  /// decides about the failure, such as the schedule, was changed.
  package mutating func restart(from failing: Recording? = nil) {
    if let failing { best = failing }
    refused = []
    pending = nil
    isFixpoint = false
    changedInRound = false
    begin(pass: 0)
  }

  /// Runs all candidates with a function.
  ///
  /// - Parameter attempt: Draws from the choices, and returns what was drawn if it still fails.
  package mutating func run(_ attempt: ([Choice]) throws -> Recording?) rethrows {
    while let candidate = next() {
      if let recording = try attempt(candidate) {
        report(.fails(recording))
      } else {
        report(.passes)
      }
    }
  }

  private mutating func begin(pass: Int) {
    self.pass = pass
    place = 0
    changedInPass = false
    descent = Descent()
  }

  /// Goes on to the next pass; from the first after the last, and after an expensive one that
  /// has changed something.
  private mutating func finishPass() {
    if pass + 1 < passes.count, !(changedInPass && pass >= ShrinkPass.cheapCount) {
      begin(pass: pass + 1)
    } else if changedInRound {
      changedInRound = false
      begin(pass: 0)
    } else {
      isFixpoint = true
    }
  }
}
