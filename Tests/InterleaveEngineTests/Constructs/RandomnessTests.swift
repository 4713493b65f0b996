import Foundation
import InterleaveEngine
import Testing

@Suite struct RandomnessTests {
  private static func draw() -> [String] {
    var generator = SystemRandomNumberGenerator()
    return [
      "\(Int.random(in: 0...1_000_000_000))", UUID().uuidString, "\(generator.next())",
      "\(Array(0..<20).shuffled())", "\(Double.random(in: 0...1))", "\(Bool.random())",
      "\((0..<100).randomElement() ?? -1)",
    ]
  }

  @Test func randomNumbersBelongToTheRun() async throws {
    let values = try await forEverySeed(5) { Self.draw() }
    #expect(Set(values).count == 1)
  }

  @Test func anotherEnvironmentSeedGivesOtherNumbers() async throws {
    var settings = MachineSettings()
    settings.environmentSeed = 1
    let first = try await controlled(settings: settings) { Self.draw() }.value?.get()
    settings.environmentSeed = 2
    let second = try await controlled(settings: settings) { Self.draw() }.value?.get()
    #expect(first != nil && second != nil && first != second)
  }

  @Test func randomNumbersAreTheSameInEveryProcess() async throws {
    let drawn = try #require(await controlled { Self.draw() }.value?.get())
    #expect(
      drawn.prefix(3) == [
        "849627570", "B5B21050-8A49-4523-9421-0F922448A18F", "9483909433193866565",
      ])
  }

  @Test func randomNumbersOutsideTheRunAreRandom() {
    #expect(Self.draw() != Self.draw())
  }

  @Test func setsAndDictionariesIterateInTheSameOrderInEveryProcess() {
    #expect(Set((0..<10).map { "\($0)" }).joined() == "0478362591")
    let keys = Dictionary(uniqueKeysWithValues: (0..<6).map { ($0, $0) }).keys
    #expect(Array(keys) == [1, 0, 2, 3, 5, 4])
  }
}
