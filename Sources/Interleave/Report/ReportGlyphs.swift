/// The signs that a report draws with.
struct ReportGlyphs: Sendable, Hashable {
  /// Between two columns.
  var bar: String
  /// Under the heads of columns, and where it crosses a bar.
  var rule: String
  var crossing: String
  /// Beside the step that fails, and a step that departs from the ordinary order.
  var failure: String
  var departure: String
  /// In its lane: one step, several, and a task that waits.
  var step: String
  var steps: String
  var lane: String
  /// Between a value and what became of it.
  var arrow: String
  /// Between the first and the last of a range.
  var dash: String
  /// Where something was left out.
  var ellipsis: String
  /// Between a title and what it is about, with the spaces around it.
  var separator: String
  /// At the head of an item of a list.
  var bullet: String

  /// For terminals and pages.
  static let pretty = ReportGlyphs(
    bar: "│", rule: "─", crossing: "┼", failure: "✗", departure: "▸", step: "●", steps: "○",
    lane: "│", arrow: "→", dash: "–", ellipsis: "…", separator: " · ", bullet: "•")

  /// For test frameworks, whose output may lose what is not ASCII.
  static let ascii = ReportGlyphs(
    bar: "|", rule: "-", crossing: "+", failure: "x", departure: ">", step: "*", steps: "o",
    lane: "|", arrow: "->", dash: "-", ellipsis: "...", separator: ": ", bullet: "*")
}
