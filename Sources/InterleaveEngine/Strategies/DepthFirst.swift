/// Tries every schedule, one after another, the last choice first.
///
/// The stateless search of VeriSoft (Godefroid: "Model checking for programming
/// languages using VeriSoft", POPL 1997), without any reduction. It ends with a
/// proof where the number of schedules is small; elsewhere it stays for ever with
/// schedules that differ near their end.
public final class DepthFirst: Strategy, PureStrategy {
  private struct Choice {
    var count: Int32
    var taken: Int32
  }

  /// The choices of the run that is going on, or of the next one.
  private let choices = Column<Choice>()
  private var position = 0
  private var isRunning = false
  public private(set) var isExhausted = false
  /// The program under test did something else after the same choices, so that
  /// nothing can be proved.
  package private(set) var hasDiverged = false

  public init() {}

  deinit { choices.deallocate() }

  public func begin(_ run: RunStart) {
    position = 0
    isRunning = true
  }

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int {
    defer { position += 1 }
    let count = Int32(point.count)
    if position == choices.count {
      choices.append(Choice(count: count, taken: 0))
    } else if choices[position].count != count {
      hasDiverged = true
      choices[position].count = count
      choices[position].taken = min(choices[position].taken, count - 1)
    }
    return Int(choices[position].taken)
  }

  public func end(_ run: RunRecord) {
    guard isRunning else { return }
    isRunning = false
    if position < choices.count { hasDiverged = true }
    while let last = choices.popLast() {
      guard last.taken + 1 < last.count else { continue }
      choices.append(Choice(count: last.count, taken: last.taken + 1))
      return
    }
    isExhausted = !hasDiverged
  }
}
