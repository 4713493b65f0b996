import InterleaveEngine

/// Shapes of concurrency bugs, after SCTBench (Thomson, Donaldson, Betts: "Concurrency
/// testing using controlled schedulers", TOPC 2016), as programs of actors.
extension SimulatedProgram {
  /// Clients check the balance, go to the log, and take the money.
  static func bank(_ clients: Int) -> SimulatedProgram {
    let withdraw = [
      Step(executor: 1) { shared, _ in shared[0] >= 80 },
      Step(executor: 2) { _, _ in true },
      Step(executor: 1) { shared, _ in
        shared[0] -= 80
        return true
      },
    ]
    return SimulatedProgram(
      tasks: Array(repeating: withdraw, count: clients), variables: [100]
    ) { shared, _ in shared[0] < 0 }
  }

  /// Writers set one variable and then another; a reader sees only the first set.
  static func reorder(_ tasks: Int) -> SimulatedProgram {
    let writer = [
      Step(executor: 1) { shared, _ in
        shared[0] = 1
        return true
      },
      Step(executor: 2) { shared, _ in
        shared[1] = 1
        return true
      },
    ]
    let reader = [
      Step(executor: 1) { shared, own in
        own = shared[0]
        return true
      },
      Step(executor: 2) { shared, own in
        if own == 1, shared[1] == 0 { shared[2] = 1 }
        return true
      },
    ]
    return SimulatedProgram(
      tasks: Array(repeating: writer, count: tasks - 1) + [reader], variables: [0, 0, 0]
    ) { shared, _ in shared[2] == 1 }
  }

  /// Writers derive a second variable from a first; readers find it out of date.
  static func twostage(_ tasks: Int) -> SimulatedProgram {
    let writer = [
      Step(executor: 1) { shared, _ in
        shared[0] = 1
        return true
      },
      Step(executor: 2) { shared, _ in
        shared[1] = shared[0] + 1
        return true
      },
    ]
    let reader = [
      Step(executor: 1) { shared, own in
        own = shared[0]
        return own != 0
      },
      Step(executor: 2) { shared, own in
        if shared[1] != own + 1 { shared[2] = 1 }
        return true
      },
    ]
    return SimulatedProgram(
      tasks: Array(repeating: writer, count: tasks - 1) + [reader], variables: [0, 0, 0]
    ) { shared, _ in shared[2] == 1 }
  }

  /// All tasks check a cache before any of them has filled it.
  static func stampede(_ tasks: Int) -> SimulatedProgram {
    let fill = [
      Step(executor: 1) { shared, _ in
        if shared[0] == 0 { shared[1] += 1 }
        return true
      },
      Step(executor: 1) { shared, _ in
        shared[0] = 1
        return true
      },
    ]
    return SimulatedProgram(
      tasks: Array(repeating: fill, count: tasks), variables: [0, 0]
    ) { shared, _ in shared[1] == tasks }
  }

  /// A short task must run after a long one's last step, or just before it.
  static func uneven(_ length: Int, beforeLast: Bool = false) -> SimulatedProgram {
    let step = Step(executor: 1) { shared, _ in
      shared[0] += 1
      return true
    }
    let short = Step(executor: 2) { shared, _ in
      if shared[0] == (beforeLast ? length - 1 : length) { shared[1] = 1 }
      return true
    }
    return SimulatedProgram(
      tasks: [Array(repeating: step, count: length), [short]], variables: [0, 0]
    ) { shared, _ in shared[1] == 1 }
  }

  /// Tasks must take turns for a while.
  static func deep(_ tasks: Int, _ turns: Int) -> SimulatedProgram {
    SimulatedProgram(
      tasks: (0..<tasks).map { number in
        (0..<turns).flatMap { _ in
          [
            Step(executor: 1) { shared, _ in
              if shared[0] % tasks == number { shared[0] += 1 }
              return true
            },
            Step(executor: 10 + UInt64(number)) { _, _ in true },
          ]
        }
      }, variables: [0]
    ) { shared, _ in shared[0] == turns }
  }
}
