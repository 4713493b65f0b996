import CAllocations
import Foundation
import Interleave
import InterleaveBugs

/// Figures that are measured again and compared with those that were recorded.
///
/// What it takes to find bugs is the same on every machine. Costs are told as ratios between what
/// runs by turns in this process, which other processes and other processors change little.
enum Figures {
  /// What was wrong with the file.
  struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  private struct Figure: Codable {
    var name: String
    var value: Double
    /// By how much more it would be worse: 0.03 for three of a hundred.
    var tolerance: Double

    init(name: String, value: Double, tolerance: Double) {
      self.name = name
      // More digits would say nothing, and differ each time.
      self.value = (value * 100).rounded() / 100
      self.tolerance = tolerance
    }
  }

  /// Same schedules, same figures: what changes was changed, and may be given up for something.
  private static let tolerance = 0.03
  /// What a search for a proof asks of the heap varies by, with what else the machine does.
  private static let noiseOfHeap = 0.1
  /// What costs vary by from machine to machine, and beside others.
  private static let noise = 0.25
  /// Caches are not of the same size everywhere; what has become quadratic is four times as dear.
  private static let noiseOfSizes = 1.0

  /// Measures, and compares with a file.
  ///
  /// - Parameters:
  ///   - file: Where the figures are kept.
  ///   - records: They are written there, in place of being compared.
  /// - Returns: None is worse than was recorded.
  static func compare(with file: String, records: Bool) async throws -> Bool {
    let url = URL(fileURLWithPath: file)
    let recorded = records ? [] : try read(url)
    let measured = try await measure()
    if records {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try (encoder.encode(measured) + Data("\n".utf8)).write(to: url)
    }
    var table = MarkdownTable("figure", "recorded", "measured", "at most", "")
    var isGood = true
    for figure in measured {
      guard let before = recorded.first(where: { $0.name == figure.name }) else {
        if !records { isGood = false }
        table.add(figure.name, "", figure.value.fixed(2), "", records ? "recorded" : "not recorded")
        continue
      }
      let most = before.value * (1 + before.tolerance)
      let isWorse = figure.value > most
      isGood = isGood && !isWorse
      table.add(
        figure.name, before.value.fixed(2), figure.value.fixed(2), most.fixed(2),
        isWorse ? "worse" : "")
    }
    print(table)
    if !isGood {
      complain(
        "what is worse is to be mended; where it is meant so, or a figure is new, record them: "
          + "swift run -c release InterleaveBenchmarks figures \(file) --record")
    }
    return isGood
  }

  private static func read(_ url: URL) throws -> [Figure] {
    guard let data = try? Data(contentsOf: url) else {
      throw Unreadable(description: "\(url.path) cannot be read: `--record` writes it")
    }
    do {
      return try JSONDecoder().decode([Figure].self, from: data)
    } catch {
      throw Unreadable(description: "\(url.path) does not hold figures: \(error)")
    }
  }

  private static func complain(_ text: String) {
    FileHandle.standardError.write(Data("error: \(text)\n".utf8))
  }

  // MARK: Measuring

  private static func measure() async throws -> [Figure] {
    // A run of the machine keeps its thread busy for long.
    let finding = try await Task(executorPreference: MachineThread()) { try measureFinding() }.value
    return try await finding + measureSpeed() + measureGrowth() + measureHeap()
  }

  /// Schedules to the first failure: of each kind of program, by each strategy that must not lose.
  private static func measureFinding() throws -> [Figure] {
    let hunter = try Hunter()
    var figures: [Figure] = []
    for strategy in ["portfolio", "guided"] {
      let options = try FindingOptions([
        "find", "--seeds", "3", "--cap", "1000", "--with", strategy,
      ])
      let groups = [
        ("bugs", BugProgram.all), ("inside", BugProgram.inside), ("threads", BugProgram.threads),
      ]
      for (name, programs) in groups {
        let table = FindingBenchmark.table(of: programs, hunter, options)
        figures.append(
          Figure(
            name: "schedules to the first failure, \(name), \(strategy)",
            value: table.mean(of: strategy), tolerance: tolerance))
        figures.append(
          Figure(
            name: "not found from each of 3 seeds, \(name), \(strategy)",
            value: Double(table.missed(by: strategy)), tolerance: 0))
      }
    }
    return figures
  }

  private static func measureSpeed() async throws -> [Figure] {
    let contest = SpeedContest(program: .fourByFive)
    try await contest.run()
    return [
      Figure(
        name: "cost of a run by Fuzzer against the bare machine",
        value: contest.cost(of: .fuzzer, against: .machine), tolerance: noise)
    ]
  }

  private static func measureGrowth() async -> [Figure] {
    var figures: [Figure] = []
    for program in Growing.all where !program.fails {
      guard let least = program.sizes.first, let most = program.sizes.last else { continue }
      var ratios: [Double] = []
      for _ in 0..<3 {
        let (some, many) = (await program.time(least), await program.time(most))
        ratios.append((many.seconds / Double(many.steps)) / (some.seconds / Double(some.steps)))
      }
      figures.append(
        Figure(
          name: "cost of a step with four times as much: \(program.name)",
          value: Sample(ratios).median, tolerance: noiseOfSizes))
    }
    return figures
  }

  /// What a step asks of the heap.
  private static func measureHeap() async throws -> [Figure] {
    guard al_watch() else { return [] }
    let native = try await Allocations.pair(.native)
    var figures: [Figure] = []
    for way in Withdrawals.Way.allCases where way != .native {
      figures.append(
        Figure(
          name: "allocations per step: \(way.rawValue.filter { $0 != "`" })",
          value: try await Allocations.pair(way).perStep(beside: native),
          tolerance: way == .fuzzer ? noiseOfHeap : 0))
    }
    return figures
  }
}
