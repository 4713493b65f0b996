import Foundation

extension FuzzFailure: CustomStringConvertible {
  /// The whole report, as wide as the terminal.
  public var description: String { text(width: Terminal.width, colour: Terminal.hasColour) }

  /// The whole report.
  ///
  /// - Parameters:
  ///   - width: The columns to use, at least 60.
  ///   - colour: Marks what matters with the colours of a terminal.
  public func text(width: Int, colour: Bool = false) -> String {
    let files =
      [sourceLocation?.filePath].compactMap(\.self)
      + interleaving.steps.lazy.compactMap { $0.place?.file }
    return FailureReport.render(
      self, width: width, colour: colour,
      root: files.lazy.compactMap { SourcePath.packageRoot(of: $0) }.first,
      source: { SourceLine.text(at: $0) })
  }
}

extension FuzzFailure.Kind {
  /// The kind in plain words, as a headline says it.
  package var words: String {
    switch self {
    case .thrownError: "an error was thrown"
    case .expectation: "expectation failed"
    case .invariant: "an invariant did not hold"
    case .deadlock: "deadlock, tasks wait for each other"
    case .lostWakeUp: "lost wake-up, a task waits for what will never come"
    case .leakedTask: "leaked task, still alive after the body had ended"
    case .leakedContinuation: "leaked continuation, dropped without being resumed"
    case .livelock: "livelock, the run does not come to an end"
    case .crash: "the process crashed"
    case .hang: "hang, a step did not return"
    case .notLinearizable: "not linearizable, no sequential order explains the results"
    case .nondeterministic: "not deterministic, the same choices gave another interleaving"
    case .unreachableOrder: "the order of checkpoints never came about"
    case .nothingInterleaved: "nothing was interleaved, no choice was ever open"
    }
  }

  /// The last step of the interleaving is the one that failed, and not just the
  /// one after which nothing went on.
  var endsInAStep: Bool {
    switch self {
    case .thrownError, .expectation, .invariant, .crash, .hang: true
    case .deadlock, .lostWakeUp, .leakedTask, .leakedContinuation, .livelock, .notLinearizable,
      .nondeterministic, .unreachableOrder, .nothingInterleaved:
      false
    }
  }
}

/// What the report is printed on.
enum Terminal {
  /// The columns to use: `COLUMNS` if it is a number, else 100.
  static var width: Int {
    ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 100
  }

  /// Standard output is a terminal, and nobody asked for no colour.
  static var hasColour: Bool {
    let noColour = ProcessInfo.processInfo.environment["NO_COLOR"] ?? ""
    return noColour.isEmpty && isatty(STDOUT_FILENO) == 1
  }
}
