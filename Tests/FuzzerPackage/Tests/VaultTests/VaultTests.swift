import Interleave
import Testing
import Vault

@Suite struct VaultTests {
  /// It seldom guesses the code; what libFuzzer has found is replayed first.
  @Test func nobodyRobsIt() async throws {
    try await fuzz(over: .array(of: .int(in: 0...255), count: 2...2)) { try await rob($0) }
  }
}
