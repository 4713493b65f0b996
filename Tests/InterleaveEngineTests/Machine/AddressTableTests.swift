import Testing

@testable import InterleaveEngine

/// Addresses have small numbers, until all are forgotten.
@Suite struct AddressTableTests {
  private func withTable(_ body: (AddressTable) -> Void) {
    let table = AddressTable()
    defer { table.deallocate() }
    body(table)
  }

  @Test func anAddressIsInsertedOnce() {
    withTable { table in
      #expect(table.insert(16))
      #expect(!table.insert(16, 2))
      #expect(table[16] == 1)
      #expect(table.count == 1)
      table.removeAll()
      #expect(table.insert(16, 2))
      #expect(table[16] == 2)
    }
  }

  @Test func onlyWhatIsThereIsIncremented() {
    withTable { table in
      #expect(!table.increment(32))
      #expect(table[32] == nil)
      table.set(32, to: 5)
      #expect(table.increment(32))
      #expect(table[32] == 6)
    }
  }

  @Test func nothingIsLostWhereItGrows() {
    withTable { table in
      for address in 1...1_000 as ClosedRange<UInt> { #expect(table.insert(address, Int(address))) }
      #expect((1...1_000 as ClosedRange<UInt>).allSatisfy { table[$0] == Int($0) })
      #expect(table.count == 1_000)
    }
  }
}
