import Foundation
import Testing

@testable import Interleave

@Suite struct SymbolicatorThreadTests {
  /// Each has a memory of its own, so all of them look into the binary.
  @Test func symbolicatorsOfManyThreadsDoNotDisturbEachOther() async {
    let address = Thread.callStackReturnAddresses[0].uintValue
    let expected = Symbolicator().place(of: .afterCall(address))
    #expect(!expected.function.isEmpty)
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<5 { #expect(Symbolicator().place(of: .afterCall(address)) == expected) }
        }
      }
    }
  }
}
