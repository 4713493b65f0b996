import InterleaveCommand
import Testing

@Suite struct CommandTests {
  @Test func withoutArgumentsItShowsHowItIsUsed() throws {
    #expect(try Command(arguments: []) == .help)
    #expect(try Command(arguments: ["--help"]) == .help)
    #expect(try Command(arguments: ["demo", "--help"]) == .help)
  }

  @Test func theDemoHasAFixedSeedUnlessOneIsGiven() throws {
    #expect(try Command(arguments: ["demo"]) == .demo(seed: Command.defaultSeed))
    #expect(try Command(arguments: ["demo", "--seed", "42"]) == .demo(seed: 42))
  }

  @Test(arguments: [
    (["dmeo"], "there is no command “dmeo”"),
    (["demo", "--sede", "1"], "“--sede” means nothing to `demo`"),
    (["demo", "--seed"], "`--seed` needs a number"),
    (
      ["demo", "--seed", "-1"],
      "`--seed` must be a number from 0 to 18446744073709551615 (was “-1”)"
    ),
  ])
  func anArgumentThatMakesNoSenseIsNamed(arguments: [String], message: String) {
    let error = #expect(throws: UsageError.self) { try Command(arguments: arguments) }
    #expect(error?.description == message)
  }
}
