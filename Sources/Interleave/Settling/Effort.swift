import InterleaveEngine

/// What it takes to make a failure small, counted in what runs take on an ordinary machine and not
/// in the time of this one.
///
/// So a failure becomes the same small one on a machine that is slow or busy. There it takes
/// longer; only a time that is far longer ends it.
struct Effort {
  /// How many times as long as was meant it may take.
  private static let patience = 60
  /// Nanoseconds of a run and of each of its steps, where the code is compiled for debugging; of a
  /// run on a thread of its own; of one in a child process, which ends with the first failure; and
  /// of one in which a step hangs.
  private static let run = 50_000
  private static let step = 2_000
  private static let thread = 100_000
  private static let child = 4_000_000
  private static let hang = 150_000_000

  /// What runs have cost so far, in nanoseconds.
  private(set) var spent = 0
  /// What the whole of it may cost.
  let limit: Int
  /// What it may have cost before no other run begins.
  private var end: Int
  private let began: Int64
  /// It was ended since it took far longer than was meant.
  private(set) var isCutShort = false

  /// - Parameters:
  ///   - duration: How long it should take.
  ///   - now: The time, in nanoseconds, of which what others had the turn for is taken off.
  init(_ duration: Duration, now: Int64) {
    limit = Int(clamping: Int64(clamping: duration.nanoseconds))
    end = limit
    began = now
  }

  /// What is left.
  var left: Int { max(0, end - spent) }

  /// Lets so much be spent from here on, and no more.
  mutating func allow(_ cost: Int) { end = spent + cost }

  /// How long it took if it was cut short.
  var timeLimit: Duration { .nanoseconds(limit.multipliedReportingOverflow(by: Self.patience).0) }

  /// Looks whether it takes far too long.
  mutating func look(at now: Int64) {
    if Int(now - began) / Self.patience >= limit { isCutShort = true }
  }

  /// Notes a run.
  mutating func note(_ outcome: RunOutcome, _ place: RunPlace) {
    spent += Self.cost(of: outcome, place)
  }

  /// What a run costs.
  static func cost(of outcome: RunOutcome, _ place: RunPlace) -> Int {
    let own = run + outcome.steps * step
    let hanging = outcome.failure?.kind == .hang ? hang : 0
    return switch place {
    case .here: own
    case .thread: own + thread + hanging
    case .child: own + (outcome.failure == nil ? thread : child) + hanging
    }
  }
}
