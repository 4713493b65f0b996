import Interleave
import Vault

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
  // The entry that is written is the test's: it is named as that is.
  fuzzOneInput(
    UnsafeRawBufferPointer(start: start, count: count),
    over: .array(of: .int(in: 0...255), count: 2...2), named: "nobodyRobsIt()",
    fileID: "VaultTests/VaultTests.swift", rob)
  return 0
}
