import Dispatch
import Examples
import Foundation

/// What can be measured, by the name on the command line.
enum Benchmark: String, CaseIterable {
  case speed
  case stress
  case memory
  case allocations
  case shrink
  case shrinking
  case growth
  case suite
  case proofs
  case estimates
  case specs
  case determinism
  case systems
  case load
  case trust
  case isolation
  case workers
  case traces
  case truth
  case correct
  case atomics
  case twins

  var summary: String {
    switch self {
    case .speed: "runs per second, controlled against native"
    case .stress: "orders that the native runtime, queues and threads show, against a run's"
    case .memory: "memory and speed over 1,000,000 schedules"
    case .allocations: "what a step asks of the heap, beside what the program does"
    case .shrink: "how small failures become, and at what cost"
    case .shrinking: "how small dear failures become, and how long it takes"
    case .growth: "seconds per schedule of ever larger programs; [program]"
    case .suite: "46 fuzzed tests at once, against one after the other"
    case .proofs: "how often the fewest preemptions are shown, over the suite of bugs"
    case .estimates:
      "how near estimates of the number of interleavings come, where steps are interrupted inside"
    case .trust: "crashes and hangs: found, shrunk, kept, replayed; and what isolation costs"
    case .isolation: "what isolation costs while nothing crashes"
    case .specs: "how small programs of operations become, over 200 seeds"
    case .determinism: "reports of 44 programs, byte by byte, in 20 fresh processes"
    case .workers: "schedules per second with 1 and 2 workers, and the ratio"
    case .systems: "the races of the systems in Examples: found, shrunk, mended, replayed; [system]"
    case .load: "a schedule of a chat with 150 users and 1,000 messages, in under 50 ms"
    case .truth:
      "random programs over shared things, for false proofs; [60s|500] [--seed n]"
    case .correct:
      "correct programs, in which nothing may be reported; [schedules by each strategy] [name]"
    case .twins:
      "bugs by the defaults, from each seed, and their twins; "
        + "[--seeds 20] [--schedules 10000] [--only group|program,…]"
    case .atomics: "what an atomic instruction costs, in a step and elsewhere"
    case .traces: "a hash of all choices, for two builds to compare; [program: and its report]"
    }
  }

  /// Measures, and prints what it finds.
  ///
  /// - Returns: What was measured is as it must be.
  func run() async throws -> Bool {
    switch self {
    case .speed: return try await measureSpeed()
    case .stress:
      let isSound = await runStress()
      print()
      return await stressOrders() && isSound
    case .memory: return try measureMemory()
    case .allocations: return try await measureAllocations()
    case .shrink: return try await measureShrinking()
    case .shrinking: return await showShrinking()
    case .growth: return await measureGrowth()
    case .suite: return await measureSuite()
    case .proofs: return try await measureProofs()
    case .estimates: return try await measureEstimates()
    case .specs: return await measureSpecs()
    case .determinism: return try await measureDeterminism()
    case .systems: return await measureSystems()
    case .load: return await timeChat()
    case .trust: return try await showTrust()
    case .isolation: return await measureIsolation()
    case .workers: return await measureWorkers()
    case .traces:
      await printTraces()
      return true
    case .truth: return await showTruth(try TruthOptions([]))
    case .correct: return try await runCorrectPrograms(schedules: 200)
    case .atomics: return try measureAtomics()
    case .twins: return await Twins.check(try Twins.Options([]))
    }
  }
}

@main
enum Benchmarks {
  private static let usage = """
    usage: swift run -c release InterleaveBenchmarks <benchmark> [--json]

    \(Benchmark.allCases.map { "  \($0.rawValue.padded(to: 12))\($0.summary)" }
      .joined(separator: "\n"))
      pages       the pages of failures, for .ci/pages; <folder>
      figures     what bugs and runs cost, against what was recorded; <file> [--record]
    \(FindingOptions.usage)
    """

  static func main() {
    let arguments = CommandLine.arguments
    if arguments.dropFirst().first == Withdrawals.command {
      guard Withdrawals.runAlone(Array(arguments.dropFirst(2))) else {
        complain("`withdrawals` takes how they are run, and how often")
      }
      return
    }
    Task {
      do { try await measure() } catch { complain("\(error)") }
      exit(0)
    }
    dispatchMain()
  }

  private static func measure() async throws {
    let arguments = CommandLine.arguments.dropFirst().filter { $0 != MarkdownTable.jsonArgument }
    if arguments.contains("--help") || arguments.contains("-h") {
      print(usage)
      return
    }
    if let command = arguments.first, FindingOptions.Command(rawValue: command) != nil {
      guard await FindingBenchmark.run(arguments: Array(arguments)) else { exit(1) }
      return
    }
    if arguments == [printReportsArgument] { return await printReports() }
    if arguments.count == 2, arguments.first == Benchmark.determinism.rawValue,
      let processes = arguments.last.flatMap({ Int($0) }), processes >= 2
    {
      guard try await measureDeterminism(processes: processes) else { exit(1) }
      return
    }
    if arguments.first == "pages", let folder = arguments.last, arguments.count == 2 {
      guard try await makePages(in: folder) else { exit(1) }
      return
    }
    if arguments.first == "figures", (2...3).contains(arguments.count),
      arguments.count == 2 || arguments.last == "--record"
    {
      let file = Array(arguments)[1]
      do {
        guard try await Figures.compare(with: file, records: arguments.count == 3) else { exit(1) }
        return
      } catch {
        complain("\(error)")
      }
    }
    if arguments.first == Benchmark.systems.rawValue, arguments.count == 2 {
      let systems = Set(SystemRace.all.map(\.system)).sorted()
      guard let system = arguments.last, systems.contains(system) else {
        complain("there is no such system: there are \(systems.joined(separator: ", "))")
      }
      guard await measureSystems(only: system) else { exit(1) }
      return
    }
    if arguments.first == Benchmark.traces.rawValue, arguments.count == 2 {
      return await printTraces(showing: arguments.last)
    }
    if arguments.first == Benchmark.growth.rawValue, arguments.count == 2,
      let name = arguments.last
    {
      guard await measureGrowth(only: name) else { exit(1) }
      return
    }
    if arguments.first == Benchmark.correct.rawValue, (2...3).contains(arguments.count),
      let schedules = Int(Array(arguments)[1]), schedules >= 1
    {
      let name = arguments.count == 3 ? Array(arguments)[2] : ""
      guard try await runCorrectPrograms(schedules: schedules, only: name) else { exit(1) }
      return
    }
    if arguments.first == Benchmark.truth.rawValue {
      do {
        let options = try TruthOptions(Array(arguments.dropFirst()))
        guard await showTruth(options) else { exit(1) }
        return
      } catch {
        complain("\(error)")
      }
    }
    if arguments.first == Benchmark.twins.rawValue {
      do {
        guard await Twins.check(try Twins.Options(Array(arguments.dropFirst()))) else { exit(1) }
        return
      } catch {
        complain("\(error)")
      }
    }
    guard arguments.count == 1, let name = arguments.first else {
      complain(arguments.isEmpty ? "no benchmark was named" : "one benchmark at a time")
    }
    guard let benchmark = Benchmark(rawValue: name) else {
      complain("there is no benchmark “\(name)”")
    }
    guard try await benchmark.run() else { exit(1) }
  }

  /// Says what was wrong with the command line, and ends the program.
  private static func complain(_ problem: String) -> Never {
    FileHandle.standardError.write(Data("error: \(problem)\n\n\(usage)\n".utf8))
    exit(64)
  }
}
