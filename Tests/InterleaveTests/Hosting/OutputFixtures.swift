import Interleave
import Testing

/// Failures of many sizes, with values that are not ASCII, whose lines can be counted.
struct Outpour {
  /// How many tests fail.
  static let failures = 200

  /// How many lines the error of a failure has.
  static func lines(of failure: Int) -> Int { 1 + failure * 7 % 60 }

  /// The number of a line, which nothing else prints.
  static func mark(_ failure: Int, _ line: Int) -> String { "[\(1_000 + failure).\(line)]" }

  /// All lines that are to arrive, and the last line of each report.
  static var marks: [String] {
    (0..<failures).flatMap { failure in
      (1...lines(of: failure)).map { mark(failure, $0) } + [end(of: failure)]
    }
  }

  static func seed(of failure: Int) -> Int { 7_000_000 + failure }
  static func end(of failure: Int) -> String { "INTERLEAVE_SEED=\(seed(of: failure))" }
}

@Suite(.fixture) struct OutputFixtures {
  private struct Overdrawn: Error, CustomStringConvertible {
    var failure: Int

    var description: String {
      (1...Outpour.lines(of: failure)).map { line in
        "\(Outpour.mark(failure, line)) Größe „残高“ → \(String(repeating: "─", count: line))"
      }.joined(separator: "\n")
    }
  }

  @Test(arguments: 0..<Outpour.failures) func overflows(_ failure: Int) async throws {
    var configuration = FuzzConfiguration()
    configuration.seed = UInt64(Outpour.seed(of: failure))
    configuration.shrinking.runs = 1
    try await fuzz(configuration) {
      let bank = Bank(balance: 100)
      await withdrawTwice(from: bank)
      if await bank.balance < 0 { throw Overdrawn(failure: failure) }
    }
  }

  @Test(.fuzzed(schedules: 300, seed: 1)) func expects() async {
    let bank = Bank(balance: 100)
    await withdrawTwice(from: bank)
    let balance = await bank.balance
    #expect("→ \(balance)" != "→ -60", "größer als 0 → „gut“")
  }

  @Test(.fuzzed) func warns() async {
    Task { throw Overdrawn(failure: 0) }
    async let other: Void = Task.yield()
    await Task.yield()
    await other
  }
}
