import InterleaveEngine

/// The interleaving as a picture, for a README or an issue: the content of `interleaving.svg`.
struct InterleavingPicture {
  private let interleaving: Interleaving
  private let names: PlaceNames
  private let fails: Bool

  private static let row = 22
  private static let lane = 26
  private static let colours = [
    "#0b5fcc", "#9a3ba8", "#1a7f37", "#b35900", "#00747f", "#c0272d", "#6b5b00", "#5b4bd1",
  ]
  /// Of a longer interleaving, the end is drawn.
  private static let most = 400

  init(_ failure: FuzzFailure) {
    interleaving = failure.interleaving.shown
    names = PlaceNames(interleaving)
    fails = failure.kind.endsInAStep
  }

  var svg: String {
    let steps = interleaving.steps
    let first = max(0, steps.count - Self.most)
    let tasks = Set(steps[first...].map(\.name.task)).sorted()
    let lanes = Dictionary(uniqueKeysWithValues: zip(tasks, 0...))
    let width = 60 + tasks.count * Self.lane + 640
    let height = (steps.count - first) * Self.row + 34
    var parts = tasks.map { task in
      """
      <text x="\(x(lanes[task, default: 0]))" y="16" text-anchor="middle" fill="#5a6472">\
      \("\(task)".escapedForHTML)</text>
      """
    }
    for task in tasks { parts.append(line(of: task, lane: lanes[task, default: 0], from: first)) }
    for index in first..<steps.count {
      parts.append(step(index, y: y(index - first), lanes, tasks.count))
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" font-family="ui-monospace, Menlo, Consolas, monospace" \
      font-size="12" role="img" aria-label="\(steps.count) steps of \(tasks.count) tasks">
      <rect width="100%" height="100%" fill="#fff"/>
      \(parts.joined(separator: "\n"))
      </svg>

      """
  }

  private func x(_ lane: Int) -> Int { 60 + lane * Self.lane }
  private func y(_ row: Int) -> Int { 34 + row * Self.row }

  /// The life of a task, from its first step to its last.
  private func line(of task: TaskPath, lane: Int, from first: Int) -> String {
    let own = interleaving.steps.indices.filter {
      $0 >= first && interleaving.steps[$0].name.task == task
    }
    let colour = Self.colours[lane % Self.colours.count]
    return """
      <line x1="\(x(lane))" y1="\(y((own.first ?? first) - first))" x2="\(x(lane))" \
      y2="\(y((own.last ?? first) - first))" stroke="\(colour)" stroke-width="2" opacity="0.45"/>
      """
  }

  private func step(_ index: Int, y: Int, _ lanes: [TaskPath: Int], _ count: Int) -> String {
    let lane = lanes[interleaving.steps[index].name.task, default: 0]
    let words = StepWords(index, of: interleaving, names, .pretty)
    let isFailure = fails && index == interleaving.steps.count - 1
    let remarks =
      words.remarks.map { $0.rendered(colour: false) } + (isFailure ? ["fails here"] : [])
    let told = [words.place, words.function] + words.changes + words.events + remarks
    let line = told.filter { !$0.isEmpty }.joined(separator: "  ")
    let short = line.count > 100 ? "\(line.prefix(99))…" : line
    let colour = isFailure ? "#c0272d" : Self.colours[lane % Self.colours.count]
    let isMarked = isFailure || interleaving.deviations.contains { $0.index == index }
    return """
      <text x="36" y="\(y + 4)" text-anchor="end" fill="#5a6472">\(index + 1)</text>
      <circle cx="\(x(lane))" cy="\(y)" r="\(isMarked ? 6 : 4)" fill="\(colour)"/>
      <text x="\(x(count) + 4)" y="\(y + 4)" fill="\(isFailure ? "#c0272d" : "#1b1f24")">\
      \(short.escapedForHTML)</text>
      """
  }
}
