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

/// How libFuzzer changes an input: what is tried, or who comes when.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
  _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ limit: Int, _ seed: UInt32
) -> Int {
  mutateOneInput(bytes, count, limit: limit, seed: seed)
}

/// How libFuzzer makes one input of two.
@_cdecl("LLVMFuzzerCustomCrossOver")
public func crossOver(
  _ first: UnsafePointer<UInt8>, _ firstCount: Int, _ second: UnsafePointer<UInt8>,
  _ secondCount: Int, _ out: UnsafeMutablePointer<UInt8>, _ limit: Int, _ seed: UInt32
) -> Int {
  crossOverInputs(first, firstCount, second, secondCount, into: out, limit: limit, seed: seed)
}
