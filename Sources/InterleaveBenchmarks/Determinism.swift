import Foundation
import Interleave
import InterleaveBugs

/// What the reports are of: programs that draw and read what belongs to the run, and programs of
/// threads.
private let reportedPrograms =
  environmentPrograms
  + BugProgram.threads.map { EnvironmentProgram(name: $0.name, body: $0.body) }

/// Prints the reports of some programs in fresh processes, and compares them byte by byte.
///
/// - Parameter processes: How many processes print them, at least 2.
/// - Returns: All of them printed the same.
func measureDeterminism(processes: Int = 20) async throws -> Bool {
  var outputs: [String] = []
  for _ in 0..<processes { outputs.append(try await printInFreshProcess()) }
  let first = outputs[0]
  let reports = first.components(separatedBy: reportMark).count - 1
  let different = outputs.indices.filter { outputs[$0] != first }
  for index in different {
    let lines = outputs[index].components(separatedBy: "\n")
    let pair = zip(first.components(separatedBy: "\n"), lines).first { $0 != $1 }
    print(
      "process \(index + 1) differs: \(pair.map { "\($0.1)\ninstead of\n\($0.0)" } ?? "length")")
  }
  print(
    "\(reports) reports, \(first.utf8.count) bytes, printed by \(processes) processes: "
      + (different.isEmpty ? "byte-identical" : "\(different.count) differ"))
  return different.isEmpty && reports == reportedPrograms.count
}

/// The argument by which a process is told to print the reports.
let printReportsArgument = "print-reports"
private let reportMark = "=== "

/// Prints the reports of all programs.
func printReports() async {
  for program in reportedPrograms {
    var configuration = FuzzConfiguration()
    configuration.seed = 11
    configuration.schedules = 300
    configuration.corpus = .none
    configuration.shrinking.runs = 500
    print("\(reportMark)\(program.name)")
    switch await Fuzzer(configuration).run(named: program.name, program.body) {
    case .failed(let failure, var report):
      report.elapsed = .zero
      print(failure.text(width: 100))
      print(report)
    case .passed(var report):
      report.elapsed = .zero
      print(report)
    }
  }
}

/// Runs this program again to print the reports.
private func printInFreshProcess() async throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
  if !CommandLine.arguments[0].contains("/") {
    process.executableURL = Bundle.main.executableURL
  }
  process.arguments = [printReportsArgument]
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return String(decoding: data, as: UTF8.self) + "exit code \(process.terminationStatus)\n"
}
