/// What the table says of one step.
struct StepWords {
  /// The place in the source, empty if there is none.
  var place: String
  /// The function, or what happened if the step has none.
  var function: String
  /// The function without its type, for narrow columns.
  var shortFunction: String
  var changes: [String]
  /// The checkpoints that it passed, and what test doubles did in it.
  var notes: [String]
  /// Whom it cancelled or resumed, what it threw.
  var events: [String]
  /// What is remarkable about the step: that it interrupts, or fails.
  var remarks: [StyledText]

  private let glyphs: ReportGlyphs

  init(
    _ index: Int, of interleaving: Interleaving, _ names: PlaceNames, _ glyphs: ReportGlyphs
  ) {
    self.glyphs = glyphs
    let step = interleaving.steps[index]
    place = interleaving.nearestPlace(ofStep: index).map(names.name) ?? ""
    let isNamed = !step.isOwn && !step.name.function.isEmpty
    let function = isNamed ? step.name.function : step.caller
    self.function =
      function.isEmpty && (step.place == nil || step.isOwn) ? Self.happening(step) : function
    shortFunction = Self.withoutType(function)
    if shortFunction.isEmpty { shortFunction = self.function }
    changes = step.changes.map { "\($0.property) \($0.words(glyphs))" }
    notes = step.notes
    events = step.events.map { $0.words(names, ofStep: index, in: interleaving) }
    remarks = Self.remarks(on: index, of: interleaving)
  }

  /// The place and the function on one line if they fit, else on two; then what
  /// changed, and remarks.
  ///
  /// - Parameters:
  ///   - width: The columns to use.
  ///   - header: The function that stands at the head of the lane: it may be left
  ///     out where it would take a line.
  func lines(width: Int, header: String = "") -> [StyledText] {
    var lines: [StyledText] = []
    let space = place.isEmpty || function.isEmpty ? "" : " "
    let joined = [function, shortFunction].map { space + $0 }
    if let fitting = joined.first(where: { (place + $0).columns <= width }) {
      lines.append(StyledText(place, .bold) + StyledText(fitting))
    } else {
      if !place.isEmpty { lines.append(StyledText(place.keepingEnd(width, glyphs), .bold)) }
      if place.isEmpty || function != header {
        lines.append(StyledText(function.columns <= width ? function : shortFunction))
      }
    }
    lines += notes.map { StyledText($0) }
    lines += events.flatMap { $0.wrapped(to: width) }.map {
      StyledText($0.keepingEnd(width, glyphs), .warning)
    }
    lines += changes.map { StyledText($0, .change) }
    return (lines + remarks).map { $0.truncated(to: width, glyphs) }
  }

  private static func remarks(on index: Int, of interleaving: Interleaving) -> [StyledText] {
    let step = interleaving.steps[index]
    var remarks: [StyledText] = []
    let deviation = interleaving.deviations.first { $0.index == index }
    if step.isPreemption {
      let task = deviation?.passedOver.task ?? interleaving.steps[max(index - 1, 0)].name.task
      remarks.append(StyledText("interrupts \(task)", .warning))
    } else if step.isStall {
      remarks.append(StyledText("timer fires early", .warning))
    } else if let deviation {
      remarks.append(StyledText("before \(deviation.passedOver.task)", .warning))
    }
    if let end = interruption(of: index, in: interleaving) { remarks.append(end) }
    if let cancellation = interleaving.cancellation, cancellation.index == index + 1 {
      remarks.append(StyledText("then \(cancellation.task) is cancelled", .warning))
    }
    return remarks
  }

  /// How a step ended that was interrupted inside, or could not go on before somebody else had.
  private static func interruption(
    of index: Int, in interleaving: Interleaving
  ) -> StyledText? {
    let step = interleaving.steps[index]
    guard step.end == .interrupted else { return nil }
    let next = interleaving.deviations.first { $0.index == index + 1 }
    if let passed = next?.passedOver, passed.task == step.name.task, let point = passed.inside {
      return StyledText("interrupted \(point.shortWords)", .warning)
    }
    return StyledText("has to wait", .dim)
  }

  /// What a step does that runs none of the user's lines.
  private static func happening(_ step: Interleaving.Step) -> String {
    switch step.reason {
    case .created: "begins"
    case .hopped: "arrives"
    case .resumed: "wakes up"
    case .timer: "timer fires"
    case .foreign: "woken from outside"
    case .interrupted: "goes on"
    }
  }

  /// `withdraw(_:)` of `Bank.withdraw(_:)`.
  private static func withoutType(_ function: String) -> String {
    let head = function.prefix { $0 != "(" && $0 != " " }
    guard let dot = head.lastIndex(of: ".") else { return function }
    return String(function[function.index(after: dot)...])
  }
}

extension String {
  /// The text, or of one that is too long its end: of a place, the line is what helps.
  func keepingEnd(_ columns: Int, _ glyphs: ReportGlyphs) -> String {
    guard self.columns > columns else { return self }
    var left = max(0, columns - glyphs.ellipsis.columns)
    let end = reversed().prefix { character in
      left -= character.columns
      return left >= 0
    }
    return glyphs.ellipsis + String(end.reversed())
  }
}
