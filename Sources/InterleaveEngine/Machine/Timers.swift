/// The timers of a run that have not fired, by their deadlines.
///
/// Timers with one deadline keep the order in which they were set.
struct Timers {
  /// A timer, by the slot in which its job waits.
  struct Timer {
    var slot: Int32
    /// The virtual time at which it is due.
    var deadline: Int64
  }

  private let timers = Column<Timer>()

  func deallocate() { timers.deallocate() }
  func removeAll() { timers.removeAll() }

  @inline(__always) var count: Int { timers.count }
  @inline(__always) var isEmpty: Bool { timers.isEmpty }
  @inline(__always) subscript(index: Int) -> Timer { timers[index] }

  func insert(_ slot: Int32, at deadline: Int64) {
    var index = timers.count
    while index > 0, timers[index - 1].deadline > deadline { index -= 1 }
    timers.insert(Timer(slot: slot, deadline: deadline), at: index)
  }

  func remove(_ slot: Int32) {
    guard let index = timers.elements.firstIndex(where: { $0.slot == slot }) else {
      preconditionFailure("a timer that was chosen is not set")
    }
    timers.remove(at: index)
  }

  /// How many may fire now: these are the first ones.
  ///
  /// A step may be held up by as much as the stall, and so may the thread that
  /// serves a timer: so a timer may fire if its deadline lies no later than the
  /// stall after the moment since which the oldest waiting job or due timer has
  /// waited.
  ///
  /// - Parameters:
  ///   - time: Which may fire while other work is waiting.
  ///   - lastMoment: The moment after which none fires.
  ///   - oldest: Since when other work has waited; `.max` for none.
  ///   - isIdle: Nothing else could go on.
  func countDue(
    _ time: MachineSettings.Time, upTo lastMoment: Int64, waitingSince oldest: Int64, isIdle: Bool
  ) -> Int {
    guard !isEmpty, timers[0].deadline <= lastMoment else { return 0 }
    switch time {
    case .whenIdle: return isIdle ? 1 : 0
    case .adversarial: return 1
    case .asRuntime(let stall):
      // Virtual time never runs back: who began to wait first has waited longest.
      let (limit, overflow) = min(oldest, timers[0].deadline).addingReportingOverflow(stall)
      var count = 0
      for timer in timers.elements {
        guard overflow || timer.deadline <= limit, timer.deadline <= lastMoment else { break }
        count += 1
      }
      return max(count, isIdle ? 1 : 0)
    }
  }
}
