import Testing

@testable import Interleave

private actor Counter {
  private(set) var value = 0

  func add() { value += 1 }
}

@Suite struct StepInspectorTests {
  @Test func whatAStepChangedIsKeptUnderItsIndex() async {
    let counter = Counter()
    let inspector = StepInspector()
    let address = UInt(bitPattern: Unmanaged.passUnretained(counter).toOpaque())
    inspector.beginLooking(at: address)
    await counter.add()
    inspector.stepDidEnd(index: 3)
    inspector.beginLooking(at: address)
    inspector.stepDidEnd(index: 4)
    #expect(inspector.sights.changes.keys.sorted() == [3])
    #expect(inspector.sights.changes[3]?.map(\.property) == ["value"])
    #expect(inspector.sights.changes[3]?.map(\.after) == ["1"])
  }

  @Test func whatIsNoActorIsLeftAlone() {
    let inspector = StepInspector()
    inspector.beginLooking(at: 0)
    inspector.stepDidEnd(index: 0)
    #expect(inspector.sights.changes.isEmpty)
  }
}
