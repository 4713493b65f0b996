/// What the command line asks for.
package enum Command: Sendable, Hashable {
  case help
  /// Fuzz the bundled examples, with a seed.
  case demo(seed: UInt64)
  /// Show what is kept.
  case list(PackageOptions)
  /// Show one entry.
  case show(String, PackageOptions)
  /// Check every entry; replay them too, unless told otherwise.
  case verify(replays: Bool, PackageOptions)
  /// Delete entries that are of no use, after asking.
  case prune(replays: Bool, isSure: Bool, PackageOptions)
  /// Replay one entry, stopping for a debugger where asked to.
  case replay(String, stop: ReplayStop?, PackageOptions)
  /// Make one entry smaller, for at most so many runs.
  case minimize(String, runs: Int, PackageOptions)
  /// Replay one entry, and print its whole report.
  case report(String, PackageOptions)
  /// Fuzz tests at length.
  case fuzz(FuzzOptions, PackageOptions)
  /// Print a double of a protocol, with a stub for each of its requirements.
  case stub(String, PackageOptions)
  /// Let a program run the inputs that an engine has found, and keep what fails.
  case importInputs(program: String, [String], PackageOptions)

  /// The seed of the demo where none is given, so that its output repeats.
  package static let defaultSeed: UInt64 = 1

  /// The runs of `minimize` where no number is given: ten times what a failure costs when it is found.
  package static let defaultRuns = 50_000

  package static let usage = """
    usage: interleave <command> [options]

      demo [--seed <number>]   find, shrink and explain the races of the bundled examples,
                               and check that each one's mended twin has none
      list                     show which failures the corpus keeps
      show <entry>             show one of them, with its interleaving
      verify [--no-replay]     check that each entry can be read, belongs to a test that exists
                               and still means something
      prune [--no-replay] [--yes]
                               delete entries that are stale, orphaned or kept twice; asks first
      replay <entry> [--stop-at <step> | --step]
                               replay one entry; raise SIGTRAP at a step, or at each of them, for
                               a debugger
      report <entry>           replay one entry, and print the whole report
      minimize <entry> [--runs <number>]
                               replay one entry, and make it smaller for so many runs (\(defaultRuns))
      fuzz [--duration <time>] [--filter <expression>] [--workers <number>] [--seed <number>]
                               fuzz all tests, or those that match, for that time (5m)
      stub <protocol>          print a double of a protocol, with a stub for each requirement
      import <program> <input>...
                               let a program that calls `fuzzOneInput` run what an engine has found,
                               files or folders of them, and keep what fails

    An entry is the path of its file, or as much of its name as tells it from others.

      --package-path <folder>  the package (default: where the command runs)
      --corpus <folder>        the corpus (default: corpus/ in the package)
      --skip-build             the tests are built
      --json                   print tables as JSON
      --help                   show this text

    exit codes: 0 all is well; 1 a test fails, or an entry is not as it should be; 2 nothing
    matched or ran; 64 the command makes no sense; 65 no such entry, or it cannot be read;
    69 the package cannot be built; 73 a file cannot be written or deleted
    """

  /// Reads the command line.
  ///
  /// - Parameter arguments: What follows the program's name.
  /// - Throws: ``UsageError`` naming the argument that makes no sense.
  package init(arguments: [String]) throws(UsageError) {
    guard let name = arguments.first, !Self.helpWords.contains(name),
      !arguments.contains(where: Self.helpWords.dropFirst().contains)
    else {
      self = .help
      return
    }
    guard Self.names.contains(name) else {
      throw UsageError(
        "there is no command `\(name)`; there are \(Self.names.joined(separator: ", "))")
    }
    var rest = Arguments(arguments.dropFirst(), of: name)
    self = try Self.read(name, &rest)
    try rest.end()
  }

  private static func read(
    _ name: String, _ rest: inout Arguments
  ) throws(UsageError) -> Command {
    if name == "demo" {
      return .demo(seed: try rest.number("--seed", as: UInt64.self) ?? defaultSeed)
    }
    let options = try PackageOptions(&rest)
    switch name {
    case "list": return .list(options)
    case "show": return .show(try rest.entry(), options)
    case "verify": return .verify(replays: !rest.flag("--no-replay"), options)
    case "prune":
      return .prune(
        replays: !rest.flag("--no-replay"), isSure: rest.flag("--yes"), options)
    case "replay":
      let stop: ReplayStop? =
        if let step = try rest.number("--stop-at", as: Int.self) {
          .at(step)
        } else if rest.flag("--step") { .each } else { nil }
      return .replay(try rest.entry(), stop: stop, options)
    case "report": return .report(try rest.entry(), options)
    case "minimize":
      let runs = try rest.number("--runs", as: Int.self) ?? defaultRuns
      return .minimize(try rest.entry(), runs: runs, options)
    case "stub":
      return .stub(try rest.positional("a protocol, by its name"), options)
    case "import":
      let program = try rest.positional("a program that an engine runs, by its path")
      return .importInputs(
        program: program, try rest.positionals("inputs: files, or folders of them"), options)
    default: return .fuzz(try FuzzOptions(&rest), options)
    }
  }

  private static let names = [
    "demo", "list", "show", "verify", "prune", "replay", "report", "minimize", "fuzz",
    "stub", "import",
  ]
  private static let helpWords = ["help", "--help", "-h"]
}

/// The package whose tests and corpus a command is about.
package struct PackageOptions: Sendable, Hashable {
  /// Its folder; that in which the command runs where none is given.
  package var package = "."
  /// The folder of the corpus; `corpus` in the package where none is given.
  package var corpus: String?
  /// The tests are built already.
  package var skipsBuild = false
  /// SwiftPM's own lock is held by whoever runs the command.
  package var ignoresLock = false
  package var json = false

  package init() {}

  init(_ arguments: inout Arguments) throws(UsageError) {
    package = try arguments.value("--package-path", "a folder") ?? package
    corpus = try arguments.value("--corpus", "a folder")
    skipsBuild = arguments.flag("--skip-build")
    ignoresLock = arguments.flag("--ignore-lock")
    json = arguments.flag("--json")
  }

  /// The folder of the corpus.
  var corpusFolder: String { corpus ?? "\(package)/corpus" }
}

/// Where a replay is stopped for a debugger.
package enum ReplayStop: Sendable, Hashable {
  /// Before one step, by its number in the report.
  case at(Int)
  /// Before each step.
  case each
}

/// How tests are fuzzed at length.
package struct FuzzOptions: Sendable, Hashable {
  /// How long, in seconds.
  package var seconds = 300.0
  /// Which tests, as a regular expression for their names.
  package var filter: String?
  package var workers: Int?
  package var seed: UInt64?

  package init() {}

  init(_ arguments: inout Arguments) throws(UsageError) {
    if let text = try arguments.value("--duration", "a time") {
      guard let seconds = Self.seconds(text) else {
        throw UsageError(
          "`--duration` must be a number with a unit, such as 500ms, 30s, 5m or 1h (was `\(text)`)")
      }
      self.seconds = seconds
    }
    filter = try arguments.value("--filter", "a regular expression")
    workers = try arguments.number("--workers", as: Int.self)
    seed = try arguments.number("--seed", as: UInt64.self)
  }

  /// `1.5s` as 1.5.
  private static func seconds(_ text: String) -> Double? {
    for (unit, length) in [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)]
    where text.hasSuffix(unit) {
      if let number = Double(text.dropLast(unit.count)), number > 0 { return number * length }
    }
    return nil
  }
}

/// A command line that makes no sense.
package struct UsageError: Error, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
