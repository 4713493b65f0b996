import CInterleave

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// What a machine writes of a run that may be the last of its process.
extension Machine {
  /// Writes the choices made so far, a line for each that departs from the baseline.
  ///
  /// A signal handler calls it: it allocates nothing, and reads only what steps leave whole.
  func writeJournal(to file: Int32) {
    writeLine(file, UInt8(ascii: "i"), (UInt64(runIndex), 0, 0, 0))
    for step in steps.elements
    where step.task != step.passedTask || step.ordinal != step.passedOrdinal {
      writeLine(
        file, UInt8(ascii: "d"),
        (
          tasks[Int(step.task)].name, UInt64(truncatingIfNeeded: step.ordinal),
          tasks[Int(step.passedTask)].name, UInt64(truncatingIfNeeded: step.passedOrdinal)
        ))
    }
    guard let (task, count) = cancellation, count > 0, count <= steps.count else { return }
    let after = steps[count - 1]
    writeLine(
      file, UInt8(ascii: "c"),
      (
        tasks[task].name, tasks[Int(after.task)].name,
        UInt64(truncatingIfNeeded: after.ordinal), 0
      ))
  }

  /// Writes a letter and four numbers of sixteen digits.
  private func writeLine(_ file: Int32, _ letter: UInt8, _ words: (UInt64, UInt64, UInt64, UInt64))
  {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 70) { line in
      line[0] = letter
      var index = 1
      for word in 0..<4 {
        let value = word == 0 ? words.0 : word == 1 ? words.1 : word == 2 ? words.2 : words.3
        line[index] = UInt8(ascii: " ")
        for digit in 0..<16 {
          let nibble = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * digit) & 15)
          line[index + 1 + digit] = nibble < 10 ? 48 + nibble : 87 + nibble
        }
        index += 17
      }
      line[index] = UInt8(ascii: "\n")
      _ = write(file, line.baseAddress, index + 1)
    }
  }
}
