import InterleaveEngine

extension SimulatedProgram {
  /// A small program drawn at random, whose outcome shows in what order dependent
  /// steps ran; it never fails.
  static func random(seed: UInt64, mailboxes: Mailboxes) -> SimulatedProgram {
    var random = SplitMix64(seed: seed)
    let tasks = (0..<2 + random.below(2)).map { number in
      (0..<1 + random.below(3)).map { ordinal in
        let executor = random.below(4)
        let word = number * 10 + ordinal + 1
        return Step(executor: UInt64(executor)) { shared, own in
          shared[executor] = shared[executor] &* 31 &+ word &+ own
          own = shared[executor]
          return own % 7 != 0
        }
      }
    }
    return SimulatedProgram(
      tasks: tasks, variables: [0, 0, 0, 0], mailboxes: mailboxes
    ) { _, _ in false }
  }

  /// Runs every list of choices, however many preemptions it has.
  ///
  /// An oracle for searches: it shares no code with them.
  func allTrials() -> [Trial] { allChoices().map(\.trial) }

  /// Every list of choices, each an index, with its run.
  func allChoices() -> [(choices: [Int], trial: Trial)] {
    var trials: [(choices: [Int], trial: Trial)] = []
    var pending: [[Int]] = [[]]
    while let prefix = pending.popLast() {
      let script = Script(prefix)
      trials.append((prefix, run(script)))
      for place in prefix.count..<max(prefix.count, script.counts.count) {
        for index in 1..<script.counts[place] {
          let zeros = Array(repeating: 0, count: place - prefix.count)
          pending.append(prefix + zeros + [index])
        }
      }
    }
    return trials
  }

  /// The same program, but it fails where the given test of its outcome says so.
  func failing(where test: @escaping ([Int]) -> Bool) -> SimulatedProgram {
    var program = self
    program.fails = { shared, isOver in isOver && test(shared) }
    return program
  }

  private final class Script: PureStrategy {
    let choices: [Int]
    var counts: [Int] = []

    init(_ choices: [Int]) { self.choices = choices }

    func begin(_ run: RunStart) { counts = [] }

    func decide(at point: some ChoicePoint) -> Int {
      counts.append(point.count)
      return counts.count <= choices.count ? choices[counts.count - 1] : 0
    }
  }
}
