/// The schedule that never preempts and otherwise takes what was enabled first.
///
/// Every other schedule is stored and shrunk as its deviations from this one.
public final class Baseline: Strategy {
  public init() {}
  public func begin(_ run: RunStart) {}
  public func choose(among steps: EnabledSteps) -> Int { 0 }
  public var interruptsSteps: Bool { false }
}
