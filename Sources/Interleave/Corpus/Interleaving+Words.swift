import Foundation

extension Interleaving {
  /// The interleaving in words, a line for each step, in columns.
  ///
  /// ```text
  /// 1  task 0    transfers()        BankTests.swift:9
  /// 2  task 0.0  Bank.withdraw(_:)  Bank.swift:12      on Bank
  /// 3  task 0.1  Bank.withdraw(_:)  Bank.swift:12      on Bank  interrupting  balance 100 -> 20
  /// ```
  ///
  /// - Parameter limit: The most lines, at least 3; of a longer interleaving the middle is left
  ///   out, since it is how it began and how it ended that explains a failure.
  package func words(limit: Int = 400) -> [String] {
    guard steps.count > limit else { return lines(Array(steps.enumerated())) }
    let head = limit / 2
    let tail = limit - 1 - head
    let numbered = Array(steps.enumerated())
    let lines = lines(numbered.prefix(head) + numbered.suffix(tail))
    let gap = "... \(steps.count - head - tail) more steps ..."
    return lines.prefix(head) + [gap] + lines.suffix(tail)
  }

  /// A step as words tell of it.
  struct StepInWords: Hashable {
    /// The function; empty where the step had none.
    var function: String
    /// The function of the program that awaited it, where it is a library's.
    var caller: String?
    /// The place, as in `Bank.swift:12`.
    var place: String?
  }

  /// What stands between a library's function and the program's own that waits for it.
  fileprivate static let awaitedBy = ", awaited by "

  /// Reads the steps back from ``words(limit:)``.
  static func steps(inWords words: [String]) -> [StepInWords] {
    // Lines are in columns: a function that is missing leaves a gap.
    let rows = words.map(Array.init).filter { $0.first { $0 != " " }?.isNumber == true }
    let column = rows.map(endOfTask).max().map { $0 + 2 } ?? 0
    return rows.map { row in
      let rest = String(row.dropFirst(column))
      let cells = rest.components(separatedBy: "  ")
      let function = (cells.first ?? "").components(separatedBy: awaitedBy)
      let others = cells.dropFirst().lazy.map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
      let place = others.first.map(String.init)
      return StepInWords(
        function: function[0], caller: function.dropFirst().first,
        place: place.flatMap { isPlace($0) ? $0 : nil })
    }
  }

  /// Where the second column of a line ends: `1  task 0.1`.
  private static func endOfTask(_ row: [Character]) -> Int {
    let number = row.firstIndex { $0.isNumber } ?? 0
    let gap = row[number...].firstIndex(of: " ") ?? row.count
    let task = row[gap...].firstIndex { $0 != " " } ?? row.count
    let path = row[task...].firstIndex { $0.isNumber } ?? row.count
    return row[path...].firstIndex(of: " ") ?? row.count
  }

  private static func isPlace(_ cell: String) -> Bool {
    guard let colon = cell.lastIndex(of: ":"), !cell.contains(" ") else { return false }
    return Int(cell[cell.index(after: colon)...]) != nil
  }

  private func lines(_ steps: [(offset: Int, element: Step)]) -> [String] {
    let rows = steps.map { index, step in
      var row = [String(index + 1), "task \(step.name.task)", step.functionInWords]
      row.append(step.place?.description ?? "")
      row.append(step.name.executor.isEmpty ? "" : "on \(step.name.executor)")
      return row
    }
    let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return zip(rows, steps).map { row, step in
      var cells = zip(row, widths).map { text, width in
        text + String(repeating: " ", count: width - text.count)
      }
      cells[0] = String(repeating: " ", count: widths[0] - row[0].count) + row[0]
      if let point = step.element.name.inside { cells.append("the rest from \(point.words)") }
      if step.element.isPreemption { cells.append("interrupting") }
      if step.element.isStall { cells.append("after a stall") }
      let changes = step.element.changes.map { "\($0.property) \($0.before) -> \($0.after)" }
      if !step.element.notes.isEmpty { cells.append(step.element.notes.joined(separator: ", ")) }
      if !changes.isEmpty { cells.append(changes.joined(separator: ", ")) }
      if let cancellation, cancellation.index == step.offset + 1 {
        cells.append("then task \(cancellation.task) is cancelled")
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

extension Interleaving.Step {
  /// The function, and for one of a library the program's own that called it:
  /// `Task.yield(), awaited by Bank.withdraw(_:)`.
  fileprivate var functionInWords: String {
    guard !name.function.isEmpty, !caller.isEmpty else { return name.function }
    return name.function + Interleaving.awaitedBy + caller
  }
}
