/// A choice that is open.
///
/// ``EnabledSteps`` is the machine's. Whatever else can list enabled steps, such
/// as a simulated program in a test, is one too.
package protocol ChoicePoint {
  /// The number of steps to choose from; index 0 is the baseline's.
  var count: Int { get }
  /// The task that ran last could go on, so that any index but 0 preempts it.
  var lastTaskIsEnabled: Bool { get }
  /// The running step is at a point inside: any index but 0 interrupts it there.
  var isInside: Bool { get }
  /// The step at an index.
  func step(at index: Int) -> EnabledStep
  /// Where in the code the step at an index goes on, by the order of first use in this run.
  func place(at index: Int) -> UInt64
  /// Where in the code the step at an index goes on, for as long as the process lives.
  func code(at index: Int) -> UInt64
  /// What the run has done so far.
  var record: RunRecord { get }
  /// The name of the step at an index.
  func key(at index: Int) -> StepKey
  /// The index of the step with the given name, if it is enabled.
  func index(of key: StepKey) -> Int?
  /// What determines how the run can go on; nil where that is not known.
  var state: ReachedState? { get }
}

extension ChoicePoint {
  package var state: ReachedState? { nil }
  package var isInside: Bool { false }
}

extension EnabledSteps: ChoicePoint {
  package var lastTaskIsEnabled: Bool {
    let first = self[0]
    return first.continuesLastTask && first.reason != .timer
  }

  package var isInside: Bool { machine._withUnsafeGuaranteedRef { $0.inside.isAtPoint } }

  package var state: ReachedState? {
    guard let trace = machine._withUnsafeGuaranteedRef({ $0.traceHash }) else { return nil }
    return ReachedState(trace: trace, holder: lastTaskIsEnabled ? self[0].task : nil)
  }
}

/// A strategy that decides by the enabled steps and what was run alone.
///
/// It needs no machine, so that it can be tried on a simulated program.
package protocol PureStrategy: Strategy {
  /// Picks one of the enabled steps.
  ///
  /// - Parameter point: At least two enabled steps.
  /// - Returns: An index below the number of steps.
  func decide(at point: some ChoicePoint) -> Int
}

extension PureStrategy {
  package func choose(among steps: EnabledSteps) -> Int {
    decide(at: steps)
  }
}
