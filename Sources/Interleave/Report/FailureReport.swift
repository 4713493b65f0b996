// Report: words on a page, for a terminal.

/// The whole report of a failure as text.
struct FailureReport {
  private let failure: FuzzFailure
  /// What happened, as it is told to people.
  private let interleaving: Interleaving
  private let width: Int
  private let root: String?
  private let source: (Interleaving.Place) -> String?
  private let explanation: Explanation
  private let glyphs: ReportGlyphs

  /// Reports narrower than this are not made; a narrower terminal wraps them.
  static let narrowest = 60

  /// Renders a failure.
  ///
  /// - Parameters:
  ///   - failure: What to report.
  ///   - width: The columns to use, at least 60; fewer are taken as 60.
  ///   - colour: Whether to use the escape sequences of a terminal.
  ///   - root: The folder of the package, from which paths are printed.
  ///   - glyphs: The signs to draw with.
  ///   - source: Reads a line of the source; nil where it cannot.
  /// - Returns: Lines, without a newline at the end.
  static func render(
    _ failure: FuzzFailure, width: Int, colour: Bool, root: String? = nil,
    glyphs: ReportGlyphs = .pretty,
    source: @escaping (Interleaving.Place) -> String? = { _ in nil }
  ) -> String {
    let interleaving = failure.interleaving.shown
    let report = FailureReport(
      failure: failure, interleaving: interleaving, width: max(width, narrowest), root: root,
      source: source, explanation: Explanation(interleaving, failure.findings), glyphs: glyphs)
    return report.lines().map { $0.rendered(colour: colour) }.joined(separator: "\n")
  }

  private func lines() -> [StyledText] {
    let sections = [
      headline(), generated("Inputs", failure.inputs), generated("Operations", failure.operations),
      collision(), table(), outside(), cancellation(), departures(), chances(), passing(),
      search(), others(), replay(),
    ]
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [StyledText()]))
  }

  // MARK: What failed

  private func headline() -> [StyledText] {
    let location = failure.sourceLocation.map { location in
      " at \(SourcePath.relative(location.filePath, to: root)):\(location.line)"
    }
    let name = failure.test.isEmpty ? "" : "\(failure.test): "
    let title =
      StyledText(name, .bold) + StyledText(failure.kind.words, .failure)
      + StyledText(location ?? "", .bold)
    let halfFix = failure.halfFix.map {
      $0.words(file: SourcePath.relative($0.corpusFile, to: root))
    }
    return [title] + indented(failure.message) + callStack() + indented(halfFix ?? "")
  }

  /// The calls that led to a crash, below the innermost.
  private func callStack() -> [StyledText] {
    guard failure.callStack.count > 1 else { return [] }
    let lines = failure.callStack.prefix(12).flatMap { indented("\(glyphs.bullet) \($0)") }
    let more = failure.callStack.count - 12
    return indented("The calls, innermost first:") + lines
      + (more > 0 ? indented("and \(counted(more, "more call"))") : [])
  }

  private func generated(_ title: String, _ values: [String]) -> [StyledText] {
    guard !values.isEmpty else { return [] }
    return [StyledText(title, .bold)] + values.flatMap { indented($0) }
  }

  // MARK: How it came about

  private func collision() -> [StyledText] {
    let paragraphs = collisions().map { rows, sentence, experiment in
      indented(sentence) + [StyledText()] + rows
        + (experiment.map { [StyledText()] + indented($0) } ?? [])
    }
    let vain = explanation.vainSentence.map { indented($0) }
    let late = explanation.lateSentence(in: interleaving, glyphs).map { indented($0) }
    let all = paragraphs + [late, vain].compactMap(\.self)
    guard !all.isEmpty else { return [] }
    return [StyledText("What collided", .bold)] + all.joined(separator: [StyledText()])
  }

  /// The steps that collided, what is said of them, and what experiments have shown.
  private func collisions() -> [(rows: [StyledText], sentence: String, experiment: String?)] {
    let sentences =
      explanation.collisionSentences(in: interleaving, glyphs)
      + explanation.reversalSentences(in: interleaving, glyphs)
    return zip(zip(explanation.rows(in: interleaving), sentences), explanation.experimentSentences)
      .map { (rows($0.0), $0.1, $1) }
  }

  /// Steps, each with its line of the source; of three, that in the middle came between.
  private func rows(
    _ steps: [(step: Int, place: Interleaving.Place?, caller: Interleaving.Place?)]
  ) -> [StyledText] {
    let names = PlaceNames(interleaving)
    var lines: [(task: String, place: String, text: String, isBetween: Bool)] = []
    for (place, row) in steps.enumerated() {
      let step = interleaving.steps[row.step]
      lines.append(
        (
          "task \(step.name.task)", row.place.map(names.name) ?? "",
          row.place.flatMap(source) ?? interleaving.title(of: step), steps.count == 3 && place == 1
        ))
      guard let caller = row.caller else { continue }
      lines.append(("  from", names.name(caller), source(caller) ?? "", false))
    }
    let taskWidth = lines.map(\.task.columns).max() ?? 0
    let room = max(20, width - taskWidth - 15)
    let placeWidth = lines.map { $0.place.keepingEnd(room, glyphs).columns }.max() ?? 0
    return lines.map { line in
      let place = line.place.keepingEnd(room, glyphs)
      return
        (StyledText("    \(line.task)", line.isBetween ? .warning : .plain)
        .fitted(to: 4 + taskWidth, glyphs)
        + StyledText("  ") + StyledText(place, .bold).fitted(to: placeWidth, glyphs)
        + StyledText(line.isBetween ? "    " : "  ") + StyledText(line.text))
        .truncated(to: width, glyphs)
    }
  }

  private func table() -> [StyledText] {
    guard !interleaving.steps.isEmpty else { return [] }
    let tasks = Set(interleaving.steps.map(\.name.task)).count
    var facts = [counted(interleaving.wholeSteps, "step"), counted(tasks, "task")]
    let inside = interleaving.interruptions
    let which = inside == 0 ? "" : inside == interleaving.preemptions ? "" : "\(inside) "
    facts.append(
      counted(interleaving.preemptions, "preemption")
        + (inside == 0 ? "" : " (\(which)inside a step)"))
    if interleaving.cancellation != nil { facts.append("1 cancellation") }
    if let width = interleaving.poolWidth {
      facts.append("\(counted(width, "thread")) in the pool")
    }
    if interleaving.stalls > 0 { facts.append(counted(interleaving.stalls, "early timer")) }
    let title =
      StyledText("The interleaving", .bold)
      + StyledText("\(glyphs.separator)\(facts.joined(separator: ", "))", .dim)
    let past = failure.isToldInFull ? nil : failure.past
    let rows = InterleavingTable(
      interleaving, explanation, past: past, failed: failure.kind.endsInAStep, width: width, glyphs)
    return [title] + beside(past) + rows.lines()
  }

  /// Which steps are left out, since the failure cannot rest on them.
  private func beside(_ past: Set<Int>?) -> [StyledText] {
    guard let past, past.count < interleaving.steps.count else { return [] }
    return indented(
      "\(past.count) of \(interleaving.steps.count) steps happen before the failure; the others "
        + "are left out where nothing collided in them (INTERLEAVE_REPORT=full shows all).")
  }

  /// Which choices were not the run's.
  private func outside() -> [StyledText] {
    let sentences = interleaving.outsideSentences
    guard !sentences.isEmpty else { return [] }
    let more = sentences.count - Self.outsidersTold
    return [StyledText("What was not the run's choice", .bold)]
      + sentences.prefix(Self.outsidersTold).flatMap { indented("\(glyphs.bullet) \($0)") }
      + (more > 0 ? indented("and \(counted(more, "more step"))") : [])
  }

  /// Of so many steps it is told who outside of the run brought them about.
  private static let outsidersTold = 8

  private func cancellation() -> [StyledText] {
    guard let sentence = interleaving.cancellationSentence else { return [] }
    return [StyledText("What was cancelled", .bold)] + indented(sentence)
  }

  private func departures() -> [StyledText] {
    let sentences = explanation.departureSentences(in: interleaving)
    guard !sentences.isEmpty else { return [] }
    return [StyledText("Where it left the ordinary order", .bold)]
      + sentences.flatMap { indented($0) }
  }

  /// When the failure became likely.
  private func chances() -> [StyledText] {
    guard let findings = failure.findings, let rise = findings.rise else { return [] }
    let share = { (count: Int) in
      let runs = findings.chances[count] ?? .init()
      return "\(runs.failed) of \(runs.passed + runs.failed)"
    }
    let from = rise.before == 0 ? "from the start" : "after step \(rise.before)"
    return [StyledText("When it became likely", .bold)]
      + indented(
        "Of runs that go on at random \(from), \(share(rise.before)) fail; "
          + "after step \(rise.after), \(share(rise.after)).")
  }

  /// The nearest run that passes, from where it leaves the one that fails.
  private func passing() -> [StyledText] {
    guard let passing = failure.findings?.passing else { return [] }
    let shown = passing.interleaving.shown
    let names = PlaceNames(shown)
    let first = passing.firstDifference
    let range = first..<min(shown.steps.count, first + Self.stepsOfPassing)
    let rows = range.map { index in
      let words = StepWords(index, of: shown, names, glyphs)
      let number = String(repeating: " ", count: max(0, 4 - "\(index + 1)".count)) + "\(index + 1)"
      return
        (StyledText("  \(number)  ", .dim) + StyledText("task \(shown.steps[index].name.task)  ")
        + StyledText(words.place, .bold)
        + StyledText(
          (words.place.isEmpty || words.function.isEmpty ? "" : " ") + words.function)
        + StyledText(words.changes.map { "  \($0)" }.joined(), .change))
        .truncated(to: width, glyphs)
    }
    let left = shown.steps.count - range.upperBound
    let same = first == 0 ? "another one from the start" : "the same up to step \(first)"
    return [
      StyledText("The nearest run that passes", .bold)
        + StyledText("\(glyphs.separator)\(same)", .dim)
    ] + rows + (left > 0 ? indented("\(glyphs.ellipsis) \(counted(left, "step"))") : [])
  }

  /// Of a run that passes, so many steps are told.
  private static let stepsOfPassing = 6

  // MARK: How it was found, and how to see it again

  private func search() -> [StyledText] {
    guard failure.schedulesTried > 0, !failure.isOneOrder else { return [] }
    let what = failure.halfFix == nil ? "Schedule" : "Around the fixed entry, schedule"
    var lines = indented(
      "\(what) \(grouped(failure.schedulesTried)) failed, "
        + (failure.strategy.map { "chosen by \($0), " } ?? "") + "with seed \(failure.seed).")
    if let words = failure.strategies.words { lines += indented("Spent until then: \(words).") }
    let interleaving = failure.interleaving
    let now = FuzzFailure.Size(
      steps: interleaving.wholeSteps, preemptions: interleaving.preemptions,
      deviations: interleaving.deviations.count, lanes: failure.lanes,
      operations: failure.operations.count)
    if failure.original.steps > 0, failure.original != now {
      lines += indented(
        "Shrunk from \(failure.original.words) to \(now.words).")
    }
    if interleaving.randomSeed != nil {
      lines += indented(
        "The program draws random numbers; those of this schedule are kept with it.")
    }
    if failure.isMinimal {
      lines += indented("Minimal: no schedule with fewer preemptions fails.")
    }
    if let limit = failure.shrinkingLimit {
      lines += indented(
        "Making it smaller was cut short after \(limit.spelledOut), so that it may not be as small "
          + "as on a machine that is faster or less busy; `shrinking.duration` says how long it may "
          + "take.")
    }
    return [StyledText("The search", .bold)] + lines
  }

  /// What else fails.
  private func others() -> [StyledText] {
    guard !failure.others.isEmpty else { return [] }
    return [StyledText("Other failures", .bold)]
      + indented("Runs in which this one was made small failed in other ways as well:")
      + failure.others.flatMap { indented("\(glyphs.bullet) \($0)") }
  }

  private func replay() -> [StyledText] {
    let command = failure.replayCommand
    var lines: [StyledText] = []
    if let file = failure.corpusFile {
      let path = SourcePath.relative(file, to: root)
      lines += indented("Kept in \(path), replayed first" + (command == nil ? "." : " by:"))
      if let command { lines.append(StyledText("    \(command)")) }
    }
    if failure.schedulesTried > 0, !failure.isOneOrder {
      lines += indented("To search again with the same seed:")
      let variable = "INTERLEAVE_SEED=\(failure.seed)"
      lines.append(StyledText("    \(variable)\(command.map { " \($0)" } ?? "")"))
    }
    lines += replayString()
    if !failure.escapes.isEmpty {
      lines += indented("A replay may differ, since not all was under the run's control:")
      lines += failure.escapes.flatMap { indented("\(glyphs.bullet) \($0)") }
    }
    return (lines.isEmpty ? [] : [StyledText("Replay", .bold)] + lines) + unsaved() + repair()
  }

  /// The failure as a string, to be pasted; not of one that has a file in its place.
  private func replayString() -> [StyledText] {
    guard failure.corpusFile == nil, let string = failure.replayString,
      string.count <= Self.longestReplayString
    else { return [] }
    return indented("To replay it on another machine, as a trait of the test:")
      + ([".replays(\"\"\""] + ReplayString.lines(of: string, width: width - 6).map { "  \($0)" }
      + ["  \"\"\")"]).map { StyledText("    \($0)") }
  }

  private static let longestReplayString = 4_000

  /// What became of the corpus entry near which the failure was found.
  private func repair() -> [StyledText] {
    guard let repair = failure.repair else { return [] }
    let old = SourcePath.relative(repair.staleFile, to: root)
    let now =
      repair.isWritten
      ? "The new entry was written in its place; commit both changes."
      : "Save the new entry, and delete this one."
    return [StyledText(), StyledText("Corpus entry repaired", .bold)]
      + indented("\(old) is stale: \(repair.reason). The same failure was found near it. \(now)")
      + repair.difference.split(separator: "\n").map { StyledText("  \($0)", .dim) }
  }

  /// The content of the corpus file that was not written, ready to be committed.
  private func unsaved() -> [StyledText] {
    guard let entry = failure.unsavedEntry else { return [] }
    let path = SourcePath.relative(entry.path, to: root)
    let title = entry.reason.map { "The failure could not be kept: \($0)." } ?? "Not kept yet."
    // Not wrapped: it is to be copied.
    return [StyledText(), StyledText("Corpus", .bold)]
      + indented("\(title) To keep it, save this as \(path):")
      + entry.content.split(separator: "\n", omittingEmptySubsequences: false)
      .map { StyledText(String($0)) }
  }

  private func indented(_ text: String) -> [StyledText] {
    guard !text.isEmpty else { return [] }
    return text.wrapped(to: width - 2).map { StyledText("  \($0)") }
  }
}

extension FuzzFailure {
  /// The lanes of the generated program.
  fileprivate var lanes: Int {
    Set(operations.compactMap { OperationLine($0)?.lane }.filter { $0 > 0 }).count
  }
}

extension FuzzFailure.Size {
  fileprivate var words: String {
    (operations == 0 ? "" : "\(counted(operations, "operation")) in \(counted(lanes, "lane")), ")
      + "\(counted(steps, "step")), \(counted(preemptions, "preemption")) and "
      + counted(deviations, "deviation")
  }
}
