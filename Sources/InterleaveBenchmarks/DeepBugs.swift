import InterleaveBugs
import InterleaveEngine

/// Measures what it takes to find what is hardest to find.
enum DeepBugs {
  /// Counts the schedules until each strategy comes to one order of 642.
  static func findNeedle(_ options: FindingOptions) throws {
    let hunter = try Hunter()
    var table = MarkdownTable("strategy", "mean", "median", "worst", "found")
    for (name, make) in options.strategies {
      let hunts = hunt(for: .needle, make, hunter, options)
      table.add(
        name, hunts.schedules.mean.fixed(1), hunts.schedules.median.fixed(0),
        hunts.schedules.most.fixed(0), "\(hunts.found)/\(options.seeds)")
    }
    print(table)
  }

  /// Compares guidance with strategies that learn less, on the bugs that take most to come about.
  static func compare(_ options: FindingOptions) throws {
    let hunter = try Hunter()
    let compared = ["randomWalk", "portfolio", "guided"].compactMap { name in
      FindingBenchmark.strategies.first { $0.name == name }
    }
    var table = MarkdownTable(
      ["program", "depth"]
        + compared.flatMap { [$0.name, "\($0.name), seconds", "\($0.name), found"] })
    for program in deepest {
      hunter.interruptions = program.interruptions
      var cells = [program.name, "\(program.depth)"]
      for (_, make) in compared {
        let hunts = hunt(for: program, make, hunter, options)
        cells += [
          hunts.schedules.median.fixed(0), hunts.seconds.median.fixed(6),
          "\(hunts.found)/\(options.seeds)",
        ]
      }
      table.add(cells)
    }
    print(table)
  }

  /// The ten programs of greatest depth; of as deep ones, those that come first.
  private static var deepest: [BugProgram] {
    let programs = BugProgram.all + BugProgram.threads
    let order = programs.indices.sorted {
      (-programs[$0].depth, $0) < (-programs[$1].depth, $1)
    }
    return order.prefix(10).map { programs[$0] }
  }

  /// What came of looking for a bug from some seeds; what was not found counts as the cap.
  private struct Hunts {
    var schedules: Sample
    var seconds: Sample
    var found: Int
  }

  private static func hunt(
    for program: BugProgram, _ make: () -> any Strategy, _ hunter: Hunter,
    _ options: FindingOptions
  ) -> Hunts {
    var (schedules, times, found) = ([Double](), [Double](), 0)
    for seed in 0..<UInt64(options.seeds) {
      times.append(
        seconds {
          let needed = hunter.schedules(
            toFail: program.body, make(), seed: seed, cap: options.cap)
          if needed != nil { found += 1 }
          schedules.append(Double(needed ?? options.cap))
        })
    }
    return Hunts(schedules: Sample(schedules), seconds: Sample(times), found: found)
  }
}
