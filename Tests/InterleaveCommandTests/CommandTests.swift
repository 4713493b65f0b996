import Testing

@testable import InterleaveCommand

@Suite struct CommandTests {
  @Test func withoutArgumentsItShowsHowItIsUsed() throws {
    #expect(try Command(arguments: []) == .help)
    #expect(try Command(arguments: ["--help"]) == .help)
    #expect(try Command(arguments: ["demo", "--help"]) == .help)
    #expect(try Command(arguments: ["replay", "-h"]) == .help)
  }

  @Test func theDemoHasAFixedSeedUnlessOneIsGiven() throws {
    #expect(try Command(arguments: ["demo"]) == .demo(seed: Command.defaultSeed))
    #expect(try Command(arguments: ["demo", "--seed", "42"]) == .demo(seed: 42))
  }

  @Test func eachVerbTakesThePackageItIsAbout() throws {
    var options = PackageOptions()
    #expect(try Command(arguments: ["list"]) == .list(options))
    options.package = "Shop"
    options.json = true
    #expect(
      try Command(arguments: ["list", "--package-path", "Shop", "--json"]) == .list(options))
    options.corpus = "kept"
    options.skipsBuild = true
    #expect(
      try Command(arguments: [
        "show", "--package-path", "Shop", "a1", "--json", "--corpus", "kept", "--skip-build",
      ]) == .show("a1", options))
  }

  @Test func aReplayMayBeStopped() throws {
    let options = PackageOptions()
    #expect(try Command(arguments: ["replay", "a"]) == .replay("a", stop: nil, options))
    #expect(
      try Command(arguments: ["replay", "a", "--stop-at", "17"])
        == .replay("a", stop: .at(17), options))
    #expect(
      try Command(arguments: ["replay", "--step", "a"]) == .replay("a", stop: .each, options))
  }

  @Test func fuzzingTakesItsTimeItsTestsAndItsWorkers() throws {
    var settings = FuzzOptions()
    #expect(settings.seconds == 300)
    settings.seconds = 1.5
    settings.filter = "Bank.*"
    settings.workers = 2
    settings.seed = 7
    #expect(
      try Command(arguments: [
        "fuzz", "--duration", "1.5s", "--filter", "Bank.*", "--workers", "2", "--seed", "7",
      ]) == .fuzz(settings, PackageOptions()))
  }

  @Test(arguments: [
    (["dmeo"], "there is no command `dmeo`"),
    (["demo", "--sede", "1"], "`--sede` means nothing to `demo`"),
    (["demo", "--seed"], "`--seed` needs a number"),
    (
      ["demo", "--seed", "-1"],
      "`--seed` must be a number from 0 to 18446744073709551615 (was `-1`)"
    ),
    (["list", "a"], "`a` means nothing to `list`"),
    (["show"], "`show` needs an entry: the path of its file, or a part of its name"),
    (["replay", "a", "b"], "`b` means nothing to `replay`"),
    (["replay", "a", "--stop-at", "0"], "`--stop-at` must be a number from 1 to"),
    (["stub"], "`stub` needs a protocol, by its name"),
    (["fuzz", "--duration", "soon"], "`--duration` must be a number with a unit"),
    (["fuzz", "--duration", "-5s"], "`--duration` must be a number with a unit"),
    (["list", "--package-path"], "`--package-path` needs a folder"),
  ])
  func anArgumentThatMakesNoSenseIsNamed(arguments: [String], message: String) {
    let error = #expect(throws: UsageError.self) { try Command(arguments: arguments) }
    #expect(error?.description.hasPrefix(message) == true, "\(String(describing: error))")
  }
}
