import Interleave
import Testing

/// What the address sanitizer sees in a fuzzed run is a crash like any other.
@Suite(.enabled(if: Sanitizer.current == .address)) struct MemoryErrorTests {
  @Test func memoryThatIsReadAfterItWasFreedIsACrash() async throws {
    let failure = try #require(await FuzzedTests.run { await useShared(isMended: false) })
    #expect(failure.kind == .crash)
    #expect(failure.message.contains("AddressSanitizer: heap-use-after-free, 8 bytes were read"))
    #expect(failure.sourceLocation?.fileID.hasSuffix("MemoryErrorTests.swift") == true)
    #expect(!failure.interleaving.steps.isEmpty)
  }

  @Test func whoWaitsForTheReaderIsRight() async {
    #expect(await FuzzedTests.run { await useShared(isMended: true) } == nil)
  }
}

/// Memory that one task reads and its maker frees, when it was read if this is mended.
private struct Shared: @unchecked Sendable {
  let memory = UnsafeMutablePointer<Int>.allocate(capacity: 8)

  @inline(never) func read() -> Int { memory[3] }
}

private func useShared(isMended: Bool) async {
  let shared = Shared()
  shared.memory.initialize(repeating: 1, count: 8)
  let reader = Task { shared.read() }
  let other = Task {}
  if isMended { _ = await reader.value }
  await other.value
  shared.memory.deallocate()
  if !isMended { _ = await reader.value }
}
