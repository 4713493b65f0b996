import InterleaveCommand
import Testing

/// The first command on a fresh clone.
@Suite struct DemoTests {
  @Test func theDemoFindsAndExplainsEveryRace() async {
    let (text, isComplete) = await demo(seed: Command.defaultSeed)
    #expect(isComplete)
    for part in [
      "an invariant did not hold", "lost wake-up", "deadlock",
      "Task 0.1 checked at Bank.swift:", "guard balance >= amount else { return false }",
      "Minimal: no schedule with fewer preemptions fails.",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    for showcase in Showcase.all {
      #expect(text.contains("\n\(showcase.name) "), "\(showcase.name) has its line")
    }
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test func theDemoSaysTheSameEachTime() async {
    #expect(await demo(seed: 7).text == demo(seed: 7).text)
  }

  private func demo(seed: UInt64) async -> (text: String, isComplete: Bool) {
    var demo = Demo(seed: seed)
    demo.schedules = 200
    var text = ""
    let isComplete = await demo.run { text += $0 + "\n" }
    return (text, isComplete)
  }
}
