/// Tries every schedule with few preemptions, those with the fewest first.
///
/// Iterative context bounding (Musuvathi, Qadeer: "Iterative context bounding for
/// systematic testing of multithreaded programs", PLDI 2007). All schedules with
/// `p` preemptions have been tried before any with more; most bugs need two at the
/// most.
public final class PreemptionBounded: Strategy, PureStrategy {
  private let search: BoundedSearch
  private var isRunning = false
  private var hasNext: Bool

  /// Makes a search.
  ///
  /// - Parameter maxPreemptions: The most preemptions that a schedule may have, at
  ///   least 0.
  public init(maxPreemptions: Int = 1_000) {
    search = BoundedSearch(maxPreemptions: maxPreemptions)
    hasNext = search.advance()
  }

  public var isExhausted: Bool { !hasNext && search.isExhausted }

  public func begin(_ run: RunStart) {
    isRunning = true
    search.begin(run)
  }

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int { search.decide(at: point) }

  public func end(_ run: RunRecord) {
    guard isRunning else { return }
    isRunning = false
    if hasNext { hasNext = search.advance() }
  }
}
