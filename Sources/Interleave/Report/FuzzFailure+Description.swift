import Foundation

extension FuzzFailure: CustomStringConvertible {
  /// The whole report, as wide as the terminal, in ASCII to the last byte.
  ///
  /// `swift test` may lose what is not. What else is in values, names and lines of the source is
  /// escaped as in Swift, `\u{2192}`.
  public var description: String {
    asciiText(width: Terminal.width, colour: Terminal.hasColour)
  }

  /// The whole report, as wide as the terminal, for programs that are no tests.
  package var terminalText: String { text(width: Terminal.width, colour: Terminal.hasColour) }

  /// The whole report, drawn with the characters of Unicode, for terminals and pages.
  ///
  /// - Parameters:
  ///   - width: The columns to use, at least 60.
  ///   - colour: Marks what matters with the colours of a terminal.
  public func text(width: Int, colour: Bool = false) -> String {
    render(width: width, colour: colour, isASCII: false)
  }

  /// The whole report in ASCII.
  package func asciiText(width: Int, colour: Bool = false) -> String {
    render(width: width, colour: colour, isASCII: true)
  }

  private func render(width: Int, colour: Bool, isASCII: Bool) -> String {
    let files =
      [sourceLocation?.filePath].compactMap(\.self)
      + interleaving.steps.lazy.compactMap { $0.place?.file }
    let root = files.lazy.compactMap { SourcePath.packageRoot(of: $0) }.first
    guard isASCII else {
      return FailureReport.render(
        withoutMiddles, width: width, colour: colour, root: root,
        source: { SourceLine.text(at: $0) })
    }
    let originals = Dictionary(
      files.map { ($0.ascii, $0) }, uniquingKeysWith: { first, _ in first })
    return FailureReport.render(
      withoutMiddles.ascii, width: width, colour: colour, root: root?.ascii, glyphs: .ascii,
      source: { place in
        let file = originals[place.file] ?? place.file
        return SourceLine.text(at: Interleaving.Place(file: file, line: place.line))?.ascii
      })
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
    case .poolStarvation: "pool starvation, all threads are blocked by what needs one"
    case .leakedTask: "leaked task, still alive after the body had ended"
    case .leakedContinuation: "leaked continuation, dropped without being resumed"
    case .livelock: "livelock, the run does not come to an end"
    case .dataRace: "data race, the thread sanitizer saw two accesses that nothing orders"
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
    case .thrownError, .expectation, .invariant, .dataRace, .crash, .hang: true
    case .deadlock, .lostWakeUp, .poolStarvation, .leakedTask, .leakedContinuation, .livelock,
      .notLinearizable, .nondeterministic, .unreachableOrder, .nothingInterleaved:
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
