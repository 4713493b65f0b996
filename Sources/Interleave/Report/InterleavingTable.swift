/// The table of an interleaving: a lane for each task, a row for each step.
///
/// Up to about four tasks, each lane is a column that holds what the task did. With more, the lanes
/// shrink to marks, and what was done stands to the right of them. With very many, a
/// column names the task.
struct InterleavingTable {
  private let interleaving: Interleaving
  private let rows: [InterleavingRows.Row]
  private let names: PlaceNames
  private let failed: Bool
  private let width: Int
  private let glyphs: ReportGlyphs
  /// The tasks that took a step, by path.
  private let tasks: [TaskPath]
  private let numberWidth: Int
  private let actorWidth: Int

  /// Lanes narrower than this hold no places and functions.
  private static let narrowestLane = 22
  private static let widestLane = 44

  /// - Parameters:
  ///   - past: The steps on which the failure can rest; nil where that is not known, or all are to
  ///     be shown.
  ///   - failed: The last step is the one that failed.
  init(
    _ interleaving: Interleaving, _ explanation: Explanation, past: Set<Int>? = nil, failed: Bool,
    width: Int, _ glyphs: ReportGlyphs = .pretty
  ) {
    self.interleaving = interleaving
    self.failed = failed
    self.width = width
    self.glyphs = glyphs
    rows = InterleavingRows(interleaving, explanation, past: past).rows
    names = PlaceNames(interleaving)
    tasks = Set(interleaving.steps.map(\.name.task)).sorted()
    numberWidth = rows.map { Self.number($0, glyphs).columns }.max() ?? 1
    let actors = interleaving.steps.map(\.actor.columns).max() ?? 0
    actorWidth = max(2, min(actors, 14))
  }

  func lines() -> [StyledText] {
    guard !rows.isEmpty else { return [] }
    let lane = (width - gutterWidth) / tasks.count - 3
    if lane >= Self.narrowestLane { return wideLines(lane: min(lane, Self.widestLane)) }
    let marks = tasks.map { "\($0)".columns + 1 }.reduce(0, +)
    return legend() + (marks <= width / 3 ? markedLines() : listedLines())
  }

  // MARK: What stands left of the lanes

  private var gutterWidth: Int { 2 + numberWidth + 2 + actorWidth }

  private func gutter(mark: String = " ", number: String = "", actor: String = "") -> StyledText {
    let padding = String(repeating: " ", count: numberWidth - number.columns)
    return StyledText(mark, mark == glyphs.failure ? .failure : mark == " " ? .plain : .warning)
      + StyledText(" \(padding)\(number)  ", .dim)
      + StyledText(actor).fitted(to: actorWidth, glyphs)
  }

  private static func number(_ row: InterleavingRows.Row, _ glyphs: ReportGlyphs) -> String {
    switch row {
    case .step(let index): "\(index + 1)"
    case .folded(let range): "\(range.lowerBound + 1)\(glyphs.dash)\(range.upperBound)"
    }
  }

  private func gutter(of row: InterleavingRows.Row) -> StyledText {
    guard case .step(let index) = row else { return gutter(number: Self.number(row, glyphs)) }
    let step = interleaving.steps[index]
    let deviates = interleaving.deviations.contains { $0.index == index }
    let mark =
      isFailure(index)
      ? glyphs.failure : step.isPreemption || step.isStall || deviates ? glyphs.departure : " "
    return gutter(mark: mark, number: Self.number(row, glyphs), actor: step.actor)
  }

  private func isFailure(_ index: Int) -> Bool {
    failed && index == interleaving.steps.count - 1
  }

  private func words(_ index: Int, width: Int, header: String = "") -> [StyledText] {
    var words = StepWords(index, of: interleaving, names, glyphs)
    if isFailure(index) { words.remarks.append(StyledText("fails here", .failure)) }
    return words.lines(width: width, header: header)
  }

  private var bar: StyledText { StyledText(" \(glyphs.bar) ", .dim) }

  /// The rule under the heads of columns, of which the first takes the given width.
  private func rule(_ first: Int, _ others: [Int]) -> StyledText {
    let line = { (count: Int) in String(repeating: glyphs.rule, count: count) }
    let parts = others.map { "\(glyphs.rule)\(glyphs.crossing)\(glyphs.rule)" + line($0) }
    return StyledText(line(first) + parts.joined(), .dim)
  }

  // MARK: Lanes as columns

  private func wideLines(lane: Int) -> [StyledText] {
    let blank = StyledText().fitted(to: lane, glyphs)
    let headers = tasks.map { header(of: $0, width: lane) }
    let height = headers.map(\.count).max() ?? 0
    var lines = (0..<height).map { line in
      headers.reduce(line == 0 ? gutter(actor: "on") : gutter()) { sum, header in
        sum + bar + (line < header.count ? header[line].fitted(to: lane, glyphs) : blank)
      }
    }
    lines.append(rule(gutterWidth, tasks.map { _ in lane }))
    for row in rows {
      let cells = tasks.map { cell(of: row, task: $0, width: lane) }
      for line in 0..<max(1, cells.map(\.count).max() ?? 1) {
        lines.append(
          cells.reduce(line == 0 ? gutter(of: row) : gutter()) { sum, cell in
            sum + bar + (line < cell.count ? cell[line].fitted(to: lane, glyphs) : blank)
          })
      }
    }
    return lines
  }

  private func header(of task: TaskPath, width: Int) -> [StyledText] {
    var lines = [StyledText("task \(task)", .bold)]
    guard let info = interleaving.tasks.first(where: { $0.path == task }) else { return lines }
    if !info.function.isEmpty { lines.append(StyledText(info.function)) }
    if let made = info.madeAt { lines.append(StyledText(self.made(names.name(made), width), .dim)) }
    return lines
  }

  /// Where a task was made; of a name that is too long, its end with the line.
  private func made(_ place: String, _ width: Int) -> String {
    let text = "made at \(place)"
    guard text.columns > width else { return text }
    let head = "made at \(glyphs.ellipsis)"
    return head + place.suffix(max(0, width - head.columns))
  }

  private func leftOut(_ steps: Int) -> String { "\(glyphs.ellipsis) \(counted(steps, "step"))" }

  private func cell(
    of row: InterleavingRows.Row, task: TaskPath, width: Int
  ) -> [StyledText] {
    switch row {
    case .step(let index):
      guard interleaving.steps[index].name.task == task else { return [] }
      let header = interleaving.function(ofTask: task) ?? ""
      return words(index, width: width, header: header)
    case .folded(let range):
      let count = interleaving.steps[range].count { $0.name.task == task }
      return count == 0 ? [] : [StyledText(leftOut(count), .dim)]
    }
  }

  // MARK: Lanes as marks, and none at all

  /// What the columns would say at their head: a line for each task, or for as
  /// many in a row as say the same.
  private func legend() -> [StyledText] {
    var groups: [(first: TaskPath, last: TaskPath, function: String, made: String)] = []
    for task in tasks {
      let info = interleaving.tasks.first { $0.path == task }
      let function = info?.function ?? ""
      let made = info?.madeAt.map { "made at \(names.name($0))" } ?? ""
      if let group = groups.last, group.function == function, group.made == made {
        groups[groups.count - 1].last = task
      } else {
        groups.append((task, task, function, made))
      }
    }
    let separator = { (function: String) in function.isEmpty ? "  " : ", " }
    let titles = groups.map {
      $0.first == $0.last ? "\($0.first)" : "\($0.first) \(glyphs.ellipsis) \($0.last)"
    }
    let widest = titles.map(\.columns).max() ?? 0
    let lines = zip(groups, titles).map { group, title in
      // Of a line that is too long, the name gives way, and never the line of the source.
      let made = group.made.isEmpty ? "" : separator(group.function) + group.made
      let room = max(0, width - 7 - widest - made.columns)
      return
        (StyledText("  task ") + StyledText(title, .bold).fitted(to: widest, glyphs)
        + StyledText(group.function.isEmpty ? "" : "  \(group.function)")
        .truncated(to: room, glyphs) + StyledText(made, .dim))
    }
    return lines + [StyledText()]
  }

  private func markedLines() -> [StyledText] {
    let lanes = tasks.map { "\($0)".columns + 1 }
    let marks = lanes.reduce(0, +)
    let header = zip(tasks, lanes).map { StyledText("\($0)", .bold).fitted(to: $1, glyphs) }
      .reduce(StyledText(), +)
    return detailed(columns: marks, header: header) { row, isFirst in
      zip(tasks, lanes).map { task, lane in
        mark(task, row, isFirst: isFirst).fitted(to: lane, glyphs)
      }.reduce(StyledText(), +)
    }
  }

  private func mark(_ task: TaskPath, _ row: InterleavingRows.Row, isFirst: Bool) -> StyledText {
    let steps = interleaving.steps
    let range =
      switch row {
      case .step(let index): index..<index + 1
      case .folded(let range): range
      }
    let runs = steps[range].contains { $0.name.task == task }
    if runs, isFirst { return StyledText(range.count == 1 ? glyphs.step : glyphs.steps, .bold) }
    let first = steps.firstIndex { $0.name.task == task } ?? 0
    let last = steps.lastIndex { $0.name.task == task } ?? 0
    let goesOn =
      first < range.upperBound && last >= (isFirst ? range.lowerBound : range.upperBound)
    return StyledText(goesOn ? glyphs.lane : "", .dim)
  }

  private func listedLines() -> [StyledText] {
    let column = max(tasks.map { "\($0)".columns }.max() ?? 4, 4)
    return detailed(
      columns: column, header: StyledText("task", .bold).fitted(to: column, glyphs)
    ) { row, isFirst in
      guard isFirst, case .step(let index) = row else {
        return StyledText().fitted(to: column, glyphs)
      }
      return StyledText("\(interleaving.steps[index].name.task)", .bold)
        .fitted(to: column, glyphs)
    }
  }

  /// Rows whose details stand right of a column of lanes.
  private func detailed(
    columns: Int, header: StyledText,
    lanes: (_ row: InterleavingRows.Row, _ isFirst: Bool) -> StyledText
  ) -> [StyledText] {
    let details = width - gutterWidth - columns - 6
    var lines = [gutter(actor: "on") + bar + header + bar]
    lines.append(rule(gutterWidth, [columns, details]))
    for row in rows {
      let words =
        switch row {
        case .step(let index): self.words(index, width: details)
        case .folded(let range): [StyledText(leftOut(range.count), .dim)]
        }
      for (index, line) in words.enumerated() {
        let isFirst = index == 0
        lines.append(
          (isFirst ? gutter(of: row) : gutter()) + bar + lanes(row, isFirst) + bar + line)
      }
    }
    return lines
  }
}
