/// The sleepers of a clock, in the order in which they are to wake.
///
/// It decides, and resumes nobody: what waits is handed out to whoever holds the queue.
struct SleepQueue<Waiter> {
  private struct Sleeper {
    var number: Int
    var deadline: Duration
    var waiter: Waiter
  }

  /// The time on the clock, since it was made.
  private(set) var now = Duration.zero
  /// By deadline, and of those of one deadline in the order in which they came.
  private var sleepers: [Sleeper] = []
  private var numbers = 0
  /// Those that were cancelled before they had begun to wait.
  private var cancelled: Set<Int> = []

  /// How many sleep.
  var count: Int { sleepers.count }

  /// The number of a sleeper that is about to come.
  mutating func makeNumber() -> Int {
    numbers += 1
    return numbers
  }

  /// What a sleeper has to do.
  enum Admission {
    /// It waits until it is handed out.
    case waits
    /// Its deadline has been reached.
    case goesOn
    /// Its task was cancelled.
    case isCancelled
  }

  /// A sleeper comes.
  mutating func add(_ number: Int, until deadline: Duration, _ waiter: Waiter) -> Admission {
    if cancelled.remove(number) != nil { return .isCancelled }
    if deadline <= now { return .goesOn }
    let place = sleepers.firstIndex { $0.deadline > deadline } ?? sleepers.endIndex
    sleepers.insert(Sleeper(number: number, deadline: deadline, waiter: waiter), at: place)
    return .waits
  }

  /// A sleeper's task was cancelled.
  ///
  /// - Returns: What waits, if it does already.
  mutating func cancel(_ number: Int) -> Waiter? {
    guard let place = sleepers.firstIndex(where: { $0.number == number }) else {
      cancelled.insert(number)
      return nil
    }
    return sleepers.remove(at: place).waiter
  }

  /// A sleeper has left, whether or not it was cancelled meanwhile.
  mutating func forget(_ number: Int) {
    cancelled.remove(number)
  }

  /// Moves the time to the next deadline.
  ///
  /// - Parameter limit: Goes no further than this; nil for any distance.
  /// - Returns: Those that are due then, in the order in which they came; none where no deadline
  ///   lies within the limit, and the time has not moved.
  mutating func wakeNext(upTo limit: Duration?) -> [Waiter] {
    guard let next = sleepers.first?.deadline, limit.map({ next <= $0 }) ?? true else { return [] }
    move(to: next)
    let due = sleepers.prefix { $0.deadline == next }
    sleepers.removeFirst(due.count)
    return due.map(\.waiter)
  }

  /// Moves the time; it never runs back.
  mutating func move(to time: Duration) {
    now = max(now, time)
  }
}
