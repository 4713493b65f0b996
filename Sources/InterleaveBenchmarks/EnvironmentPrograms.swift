import Dispatch
import Foundation
import Interleave

/// A program whose runs depend on time, randomness, or the order of sets and dictionaries.
struct EnvironmentProgram: Sendable {
  var name: String
  var body: @Sendable () async throws -> Void
}

/// What a program saw when two of its tasks met.
private struct Clash: Error, CustomStringConvertible {
  var description: String
}

/// Writes down what it is told, and notices if somebody else does so in between.
private actor Ledger {
  private(set) var lines: [String] = []
  private(set) var clashes = 0

  func write(_ line: String) async {
    let count = lines.count
    await Task.yield()
    if lines.count != count { clashes += 1 }
    lines.append(line)
  }

  /// Throws what was written if more than so many writers clashed.
  func check(_ allowed: Int = 0) throws {
    guard clashes > allowed else { return }
    throw Clash(description: "\(clashes) clashes: \(lines.joined(separator: ", "))")
  }
}

/// Writes lines at the same time.
private func write(_ lines: [String], to ledger: Ledger) async {
  await withTaskGroup { group in
    for line in lines { group.addTask { await ledger.write(line) } }
  }
}

/// Ten programs, each with a race that shows what they drew and read.
let environmentPrograms: [EnvironmentProgram] = [
  EnvironmentProgram(name: "random numbers") {
    let ledger = Ledger()
    await write((0..<3).map { _ in "\(Int.random(in: 0..<1_000_000))" }, to: ledger)
    try await ledger.check()
  },
  EnvironmentProgram(name: "identifiers") {
    let ledger = Ledger()
    await write((0..<3).map { _ in UUID().uuidString }, to: ledger)
    try await ledger.check()
  },
  EnvironmentProgram(name: "shuffled work") {
    let ledger = Ledger()
    await write(Array(1...4).shuffled().map { "job \($0)" }, to: ledger)
    try await ledger.check(1)
  },
  EnvironmentProgram(name: "the order of a set") {
    let ledger = Ledger()
    await write(Array(Set(["a", "b", "c", "d"])), to: ledger)
    try await ledger.check(1)
  },
  EnvironmentProgram(name: "the order of a dictionary") {
    let ledger = Ledger()
    let stock = Dictionary(uniqueKeysWithValues: (0..<4).map { (UUID(), $0) })
    await write(stock.map { "\($0.key.uuidString.prefix(4)): \($0.value)" }, to: ledger)
    try await ledger.check()
  },
  EnvironmentProgram(name: "hash values") {
    let ledgers = [Ledger(), Ledger()]
    await withTaskGroup { group in
      for name in ["anna", "bert", "cara", "dirk"] {
        let shard = ledgers[Int(name.hashValue.magnitude % 2)]
        group.addTask { await shard.write("\(name) \(name.hashValue)") }
      }
    }
    for ledger in ledgers { try await ledger.check() }
  },
  EnvironmentProgram(name: "dates") {
    let ledger = Ledger()
    await withTaskGroup { group in
      for minutes in 1...3 {
        group.addTask {
          try? await Task.sleep(for: .milliseconds(minutes))
          await ledger.write("\(minutes) at \(Date().timeIntervalSince1970)")
        }
      }
    }
    try await ledger.check()
  },
  EnvironmentProgram(name: "clocks") {
    let ledger = Ledger()
    let began = (ContinuousClock.now, SuspendingClock.now, DispatchTime.now())
    await withTaskGroup { group in
      for number in 1...3 {
        group.addTask {
          try? await Task.sleep(for: .milliseconds(Int.random(in: 1...4)))
          let passed = began.0.duration(to: .now) + began.1.duration(to: .now)
          let uptime = DispatchTime.now().uptimeNanoseconds - began.2.uptimeNanoseconds
          await ledger.write("\(number) after \(passed) and \(uptime)")
        }
      }
    }
    try await ledger.check()
  },
  EnvironmentProgram(name: "backing off") {
    let ledger = Ledger()
    await withTaskGroup { group in
      for caller in 1...2 {
        group.addTask {
          var generator = SystemRandomNumberGenerator()
          for attempt in 1...2 {
            let wait = Double.random(in: 0.001...0.004, using: &generator)
            try? await Task.sleep(for: .seconds(wait))
            await ledger.write("caller \(caller), attempt \(attempt), \(wait)")
          }
        }
      }
    }
    try await ledger.check(1)
  },
  EnvironmentProgram(name: "the C library") {
    let ledger = Ledger()
    await write((0..<3).map { _ in "\(rand() % 1000) \(random() % 1000) \(clock())" }, to: ledger)
    try await ledger.check()
  },
]
