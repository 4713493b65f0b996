import Interleave
import Testing

private actor Gate {
  private(set) var passed = 0

  func pass() { passed += 1 }
}

@Test(.fuzzed(until: .risk(below: 0.05)))
func theRiskIsSmall() async throws {
  let gate = Gate()
  async let first: Void = gate.pass()
  async let second: Void = gate.pass()
  _ = await (first, second)
  #expect(await gate.passed == 2)
}
