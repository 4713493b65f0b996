import CInterleave

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// A run that was made in a child process, told to the machine of its parent.
extension Machine {
  /// Packs all that can be asked of the last run.
  package func pack(into packet: inout Packet) {
    _ = signature
    packet.put(progress)
    packet.put(all: tasks.elements)
    packet.put(all: executors.elements)
    packet.put(all: steps.elements)
    packet.put(all: escapes.elements)
    let types = Set(executors.elements.map(\.type)).subtracting([0]).sorted()
    packet.put(all: types)
    packet.put(types.map(Takeover.typeName))
    takeResumerCalls()
    packet.put(resumerCalls.count)
    for (task, calls) in resumerCalls {
      packet.put(task)
      packet.put(all: calls)
    }
    packet.put(callers.count)
    for (site, frames) in callers {
      packet.put(site)
      packet.put(all: frames)
    }
  }

  /// Takes over a run as if this machine had made it.
  ///
  /// It can be looked at, but it does not go on: no task of it exists here. What its steps
  /// touched is not told, beyond its ``signature``.
  package func unpack(from packet: inout Packet) {
    progress = packet.take()
    progress.isObserved = observer != nil
    tasks.removeAll()
    for var task in packet.takeAll(TaskState.self) {
      task.record = nil
      tasks.append(task)
    }
    executors.removeAll()
    for executor in packet.takeAll(ExecutorState.self) { executors.append(executor) }
    steps.removeAll()
    for step in packet.takeAll(RawStep.self) { steps.append(step) }
    escapes.removeAll()
    for escape in packet.takeAll(Escape.self) { escapes.append(escape) }
    for column in [timers, freeSlots] { column.removeAll() }
    enabled.removeAll()
    queue.removeAll(isOrdered: progress.settings.mailboxes == .asRuntime)
    slots.removeAll()
    moments.removeAll()
    touches.removeAll()
    let types = packet.takeAll(UInt.self)
    Takeover.learn(typeNames: Dictionary(zip(types, packet.takeTexts())) { $1 })
    let resumed: Int = packet.take()
    resumerCalls.removeAll()
    for _ in 0..<resumed {
      let task: Int = packet.take()
      resumerCalls[task] = packet.takeAll()
    }
    let count: Int = packet.take()
    for _ in 0..<count {
      let site: UInt = packet.take()
      callers[site] = packet.takeAll()
    }
  }

  // MARK: Escapes

  /// Packs what left the control of the last run, with what is known of the places.
  package func packEscapes(into packet: inout Packet) {
    let escapes = recordedEscapes.map(\.withoutTask)
    packet.put(all: escapes)
    for escape in escapes {
      packet.put(all: callers[escape.site] ?? [])
      packet.put(all: origins[escape.origin] ?? [])
    }
  }

  /// Takes over what was packed, as of a run that came later than all that are known.
  package func unpackEscapes(from packet: inout Packet) -> [Escape] {
    let escapes = packet.takeAll(Escape.self)
    for escape in escapes {
      let known: [UInt] = packet.takeAll()
      if !known.isEmpty, callers[escape.site] == nil { callers[escape.site] = known }
      let origin: [UInt] = packet.takeAll()
      if !origin.isEmpty, origins[escape.origin] == nil { origins[escape.origin] = origin }
    }
    return escapes
  }

  // MARK: The journal

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
