import Foundation
import Interleave
import Testing

/// A few rounds of fuzzed tests beside busy ones; `.ci/trust` makes five hundred, also with
/// tests that crash and hang.
@Suite(.enabled(if: !fixturesAreEnabled)) struct StressTests {
  @Test func testsBesideEachOtherKeepTheirVerdicts() async throws {
    var verdicts: [[String]] = []
    for _ in 0..<4 {
      let result = try await runFixtures("StressFixtures")
      let lines = result.output.split(separator: "\n").filter { $0.contains(" after ") }
      verdicts.append(lines.map { String($0.prefix { $0 != "." }) }.map(withoutTime).sorted())
      #expect(result.lines(with: " recorded an issue").count == 2, "\(result)")
      #expect(result.lines(with: " recorded a warning").isEmpty, "\(result)")
    }
    #expect(verdicts[0].contains { $0.contains("callsFuzz() passed") }, "\(verdicts[0])")
    #expect(verdicts[0].contains { $0.contains("fuzzedAndFails() failed") })
    #expect(verdicts.allSatisfy { $0 == verdicts[0] }, "\(verdicts)")
  }

  private func withoutTime(_ line: String) -> String {
    line.components(separatedBy: " after ")[0]
  }

  @Test func twoCampaignsAtOnceFindWhatEachFindsAlone() async throws {
    let fuzz: @Sendable (UInt64) async -> FuzzFailure? = { seed in
      await fuzzed(seed: seed) {
        let bank = Bank(balance: 100)
        await withdrawTwice(from: bank)
        #expect(await bank.balance >= 0)
      }.failure
    }
    async let first = fuzz(11)
    async let second = fuzz(12)
    let together = await [first, second]
    let alone = [await fuzz(11), await fuzz(12)]
    for (one, other) in zip(together, alone) {
      #expect(try #require(one).interleaving == #require(other).interleaving)
      #expect(one?.schedulesTried == other?.schedulesTried)
    }
  }
}
