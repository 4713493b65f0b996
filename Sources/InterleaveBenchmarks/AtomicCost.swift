import InterleaveAtomicBugs
import InterleaveEngine

/// Measures what an atomic instruction of the program costs: where no run has it watched yet, where
/// one has, and at points that are not taken.
///
/// - Returns: A thread of no run pays next to nothing.
func measureAtomics() throws -> Bool {
  let counter = AtomicCounter()
  var table = MarkdownTable("an atomic is counted up", "ns")
  let before = least { nanoseconds(of: counter) }
  table.add("by a thread of no run, before any run", before.fixed(1))
  if let obstacle = Interruptions.obstacle ?? Interruptions.obstacleAtAtomics {
    print("no step can be interrupted at an atomic instruction: \(obstacle)")
    return true
  }
  let after = least { nanoseconds(of: counter) }
  table.add("by a thread of no run, once it is watched", after.fixed(1))
  for (name, interruptions, others) in [
    ("in a step that is not interrupted inside", Interruptions.never, 0),
    ("in a step that may be, while nothing else can go on", .before, 0),
    ("in a step that may be, but goes on", .before, 1),
  ] {
    let cost = try least { try inStep(counter, interruptions, others: others) }
    table.add(name, cost.fixed(1))
  }
  print(table)
  return after - before < 20
}

/// Fewer than after which a step gives way to others by itself.
private let times = 900

private func least(_ measure: () throws -> Double) rethrows -> Double {
  var least = Double.infinity
  for _ in 0..<50 { least = min(least, try measure()) }
  return least
}

private func nanoseconds(of counter: AtomicCounter) -> Double {
  seconds { counter.count(times) } / Double(times) * 1_000_000_000
}

/// May interrupt steps, and never does.
private final class GoesOn: Strategy {
  func begin(_ run: RunStart) {}
  func choose(among steps: EnabledSteps) -> Int { 0 }
}

/// What an atomic costs in the first step of a run in which so many other tasks could begin.
private func inStep(
  _ counter: AtomicCounter, _ interruptions: Interruptions, others: Int
) throws -> Double {
  var settings = MachineSettings()
  settings.interruptions = interruptions
  let machine = try Machine(settings: settings)
  // A step reads the clocks of its run, so that it is timed from outside.
  func run(_ times: Int) -> Double {
    seconds {
      _ = machine.run(GoesOn(), RunStart(index: 0, seed: 0)) {
        Task {
          let made = (0..<others).map { _ in Task {} }
          counter.count(times)
          for task in made { await task.value }
        }
      }
      machine.finish()
    }
  }
  let rest = least { run(0) }
  return (run(times) - rest) / Double(times) * 1_000_000_000
}
