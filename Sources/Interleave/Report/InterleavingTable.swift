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
  /// The tasks that took a step, by path.
  private let tasks: [TaskPath]
  private let numberWidth: Int
  private let actorWidth: Int

  /// Lanes narrower than this hold no places and functions.
  private static let narrowestLane = 22
  private static let widestLane = 44

  init(_ interleaving: Interleaving, _ explanation: Explanation, failed: Bool, width: Int) {
    self.interleaving = interleaving
    self.failed = failed
    self.width = width
    rows = InterleavingRows(interleaving, explanation).rows
    names = PlaceNames(interleaving)
    tasks = Set(interleaving.steps.map(\.name.task)).sorted()
    numberWidth = rows.map { Self.number($0).columns }.max() ?? 1
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
    return StyledText(mark, mark == "✗" ? .failure : mark == " " ? .plain : .warning)
      + StyledText(" \(padding)\(number)  ", .dim) + StyledText(actor).fitted(to: actorWidth)
  }

  private static func number(_ row: InterleavingRows.Row) -> String {
    switch row {
    case .step(let index): "\(index + 1)"
    case .folded(let range): "\(range.lowerBound + 1)–\(range.upperBound)"
    }
  }

  private func gutter(of row: InterleavingRows.Row) -> StyledText {
    guard case .step(let index) = row else { return gutter(number: Self.number(row)) }
    let step = interleaving.steps[index]
    let deviates = interleaving.deviations.contains { $0.index == index }
    let mark =
      isFailure(index) ? "✗" : step.isPreemption || step.isStall || deviates ? "▸" : " "
    return gutter(mark: mark, number: Self.number(row), actor: step.actor)
  }

  private func isFailure(_ index: Int) -> Bool {
    failed && index == interleaving.steps.count - 1
  }

  private func words(_ index: Int, width: Int, header: String = "") -> [StyledText] {
    var words = StepWords(index, of: interleaving, names)
    if isFailure(index) { words.remarks.append(StyledText("fails here", .failure)) }
    return words.lines(width: width, header: header)
  }

  // MARK: Lanes as columns

  private func wideLines(lane: Int) -> [StyledText] {
    let bar = StyledText(" │ ", .dim)
    let blank = StyledText().fitted(to: lane)
    let headers = tasks.map { header(of: $0, width: lane) }
    let height = headers.map(\.count).max() ?? 0
    var lines = (0..<height).map { line in
      headers.reduce(line == 0 ? gutter(actor: "on") : gutter()) { sum, header in
        sum + bar + (line < header.count ? header[line].fitted(to: lane) : blank)
      }
    }
    let rule = { (count: Int) in String(repeating: "─", count: count) }
    lines.append(
      StyledText(
        rule(gutterWidth) + tasks.map { _ in "─┼─" + rule(lane) }.joined(), .dim))
    for row in rows {
      let cells = tasks.map { cell(of: row, task: $0, width: lane) }
      for line in 0..<max(1, cells.map(\.count).max() ?? 1) {
        lines.append(
          cells.reduce(line == 0 ? gutter(of: row) : gutter()) { sum, cell in
            sum + bar + (line < cell.count ? cell[line].fitted(to: lane) : blank)
          })
      }
    }
    return lines
  }

  private func header(of task: TaskPath, width: Int) -> [StyledText] {
    var lines = [StyledText("task \(task)", .bold)]
    guard let info = interleaving.tasks.first(where: { $0.path == task }) else { return lines }
    if !info.function.isEmpty { lines.append(StyledText(info.function)) }
    if let made = info.madeAt { lines.append(StyledText(Self.made(names.name(made), width), .dim)) }
    return lines
  }

  /// Where a task was made; of a name that is too long, its end with the line.
  private static func made(_ place: String, _ width: Int) -> String {
    let text = "made at \(place)"
    guard text.columns > width else { return text }
    return "made at …\(place.suffix(max(0, width - 9)))"
  }

  private func cell(
    of row: InterleavingRows.Row, task: TaskPath, width: Int
  ) -> [StyledText] {
    switch row {
    case .step(let index):
      guard interleaving.steps[index].name.task == task else { return [] }
      let header = interleaving.tasks.first { $0.path == task }?.function ?? ""
      return words(index, width: width, header: header)
    case .folded(let range):
      let count = interleaving.steps[range].count { $0.name.task == task }
      return count == 0 ? [] : [StyledText("… \(counted(count, "step"))", .dim)]
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
    let titles = groups.map { $0.first == $0.last ? "\($0.first)" : "\($0.first) … \($0.last)" }
    let widest = titles.map(\.columns).max() ?? 0
    let lines = zip(groups, titles).map { group, title in
      (StyledText("  task ") + StyledText(title, .bold).fitted(to: widest)
        + StyledText(group.function.isEmpty ? "" : "  \(group.function)")
        + StyledText(group.made.isEmpty ? "" : separator(group.function) + group.made, .dim))
        .truncated(to: width)
    }
    return lines + [StyledText()]
  }

  private func markedLines() -> [StyledText] {
    let lanes = tasks.map { "\($0)".columns + 1 }
    let marks = lanes.reduce(0, +)
    let header = zip(tasks, lanes).map { StyledText("\($0)", .bold).fitted(to: $1) }
      .reduce(StyledText(), +)
    return detailed(columns: marks, header: header) { row, isFirst in
      zip(tasks, lanes).map { task, lane in
        mark(task, row, isFirst: isFirst).fitted(to: lane)
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
    if runs, isFirst { return StyledText(range.count == 1 ? "●" : "○", .bold) }
    let first = steps.firstIndex { $0.name.task == task } ?? 0
    let last = steps.lastIndex { $0.name.task == task } ?? 0
    let goesOn =
      first < range.upperBound && last >= (isFirst ? range.lowerBound : range.upperBound)
    return StyledText(goesOn ? "│" : "", .dim)
  }

  private func listedLines() -> [StyledText] {
    let column = tasks.map { "\($0)".columns }.max() ?? 4
    return detailed(
      columns: max(column, 4), header: StyledText("task", .bold).fitted(to: max(column, 4))
    ) { row, isFirst in
      guard isFirst, case .step(let index) = row else {
        return StyledText().fitted(to: max(column, 4))
      }
      return StyledText("\(interleaving.steps[index].name.task)", .bold)
        .fitted(to: max(column, 4))
    }
  }

  /// Rows whose details stand right of a column of lanes.
  private func detailed(
    columns: Int, header: StyledText,
    lanes: (_ row: InterleavingRows.Row, _ isFirst: Bool) -> StyledText
  ) -> [StyledText] {
    let bar = StyledText(" │ ", .dim)
    let details = width - gutterWidth - columns - 6
    let rule = { (count: Int) in String(repeating: "─", count: count) }
    var lines = [gutter(actor: "on") + bar + header + bar]
    lines.append(
      StyledText(
        rule(gutterWidth) + "─┼─" + rule(columns) + "─┼─" + rule(details), .dim))
    for row in rows {
      let words =
        switch row {
        case .step(let index): self.words(index, width: details)
        case .folded(let range): [StyledText("… \(counted(range.count, "step"))", .dim)]
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
