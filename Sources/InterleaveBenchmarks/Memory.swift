import InterleaveEngine

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Runs 1,000,000 schedules of the bank, half of them with its race, in one process.
///
/// - Returns: Memory grew by no more than 5 % after the first tenth.
func measureMemory() throws -> Bool {
  let schedules = 1_000_000
  let parts = 10
  let machine = try Machine(settings: MachineSettings())
  let walk = RandomWalk()
  let program = Withdrawals.twoByOne
  var table = MarkdownTable("schedules", "resident, KiB", "runs/s")
  var resident: [Int] = []
  var index = 0
  for part in 1...parts {
    let elapsed = seconds {
      while index < schedules * part / parts {
        let start = RunStart(index: index, seed: UInt64(index))
        let isMended = index % 2 == 0
        let end = machine.run(walk, start) {
          if isMended {
            Task { await program.runMended() }
          } else {
            Task { await program.run() }
          }
        }
        precondition(end == .clean, "a run of the bank ended \(end)")
        machine.finish()
        index += 1
      }
    }
    resident.append(residentKilobytes())
    table.add(
      index.grouped, resident[part - 1].grouped,
      (Double(schedules / parts) / elapsed).fixed(0))
  }
  print(table)
  let growth = Double(resident[parts - 1] - resident[0]) / Double(resident[0]) * 100
  print("\nmemory grew by \(growth.fixed(1)) % from the first tenth to the last")
  return growth <= 5
}

/// The memory that this process occupies now.
private func residentKilobytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else {
    preconditionFailure("/proc/self/statm cannot be read: error \(errno)")
  }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  guard fgets(&line, Int32(line.count), file) != nil else {
    preconditionFailure("/proc/self/statm cannot be read: error \(errno)")
  }
  let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
  return pages * Int(getpagesize()) / 1024
}
