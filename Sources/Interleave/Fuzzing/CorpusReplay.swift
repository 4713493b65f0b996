import InterleaveEngine

/// Finds the interleaving of a corpus entry again, in a program that may have
/// changed since.
final class CorpusReplay: Strategy {
  private var matcher: EntryMatcher
  private let machine: Machine
  private let namer: StepNamer

  init(_ matcher: EntryMatcher, machine: Machine) {
    self.matcher = matcher
    self.machine = machine
    namer = StepNamer(machine)
  }

  func begin(_ run: RunStart) {}

  func choose(among steps: EnabledSteps) -> Int {
    matcher.choose(among: steps.count) { namer.name(steps.inspect(at: $0)) }
  }

  /// How much of the interleaving was there, once the run is over.
  func outcome() -> MatchOutcome {
    matcher.outcome(ran: machine.inspectSteps().map { namer.name($0.key) })
  }
}
