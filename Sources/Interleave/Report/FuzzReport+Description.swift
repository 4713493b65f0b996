import Foundation
import InterleaveEngine

extension FuzzReport: CustomStringConvertible {
  /// One line about what was run; what it means, what chose it, escapes and warnings follow.
  ///
  /// All of it is ASCII.
  public var description: String {
    let partners = partners.map { "partner: \($0)" }
    let warnings = warnings.map { "warning: \($0)" }
    return (lines + partners + escapeLines + wholeSteps + warnings).joined(separator: "\n").ascii
  }

  /// What left the run's control, and what follows from it.
  var escapeLines: [String] {
    let lines = escapes.map { "escaped control: \($0)" }
    return lines.isEmpty ? [] : lines + ["so a replay may differ from the run that it repeats"]
  }

  /// The description but for what a test is told as warnings.
  var lines: [String] {
    let spending = strategies.words.map { "chosen by: \($0)" }
    return [summary]
      + [
        interleavings?.words, proofObstacle.map { "no proof: \($0)" }, residualRisk?.words,
        coverage?.words, end, spending,
      ].compactMap(\.self)
      + reached + table
      + fixes
  }

  /// So many outcomes are told.
  private static let mostRows = 20

  /// What the body returned, a row for each value.
  private var table: [String] {
    guard !outcomes.isEmpty else { return [] }
    let shown = outcomes.prefix(Self.mostRows)
    let rest = outcomes.count - shown.count
    let counts = shown.map { counted($0.count, "schedule") }
    let width = counts.map(\.count).max() ?? 0
    let rows = zip(shown, counts).map { outcome, count in
      "  \(String(repeating: " ", count: width - count.count))\(count), first in "
        + "\(grouped(outcome.firstSchedule)): \(outcome.value)"
    }
    return ["the body returned \(counted(outcomes.count, "different value")):"] + rows
      + (rest > 0 ? ["  and \(counted(rest, "more value", plural: "more values"))"] : [])
  }

  /// How often what should come about sometimes did.
  private var reached: [String] {
    sometimes.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { name, count in
      "sometimes: \(name): in \(counted(count, "schedule"))"
    }
  }

  /// Why it ended, where that is not plain from the rest.
  private var end: String? {
    switch ending {
    case .duration, .risk, .cancellation: ending?.description
    case .schedules, .exhaustion, .failure, nil: nil
    }
  }

  /// What was run, in one line.
  var summary: String {
    var facts = [
      counted(schedules, "schedule"),
      counted(distinctInterleavings, "distinct interleaving"),
      "\(counted(steps, "step")) in \(seconds(elapsed))", counted(choices, "choice"),
    ]
    if isExhaustive { facts.replaceSubrange(0...1, with: [proof, facts[0]]) }
    if !contendedActors.isEmpty {
      facts.append("contended: \(contendedActors.joined(separator: ", "))")
    }
    if cancellations > 0 { facts.append(counted(cancellations, "cancellation")) }
    if replayed > 0 {
      facts.append("\(counted(replayed, "corpus entry", plural: "corpus entries")) replayed")
    }
    return facts.joined(separator: ", ")
  }

  /// What was proved, and under which condition.
  private var proof: String {
    let all =
      distinctInterleavings == 1
      ? "the only interleaving passes" : "all \(grouped(distinctInterleavings)) interleavings pass"
    return all + " (a proof for this input under the dependency relation)"
  }
}

extension FuzzReport.Ending: CustomStringConvertible {
  public var description: String {
    switch self {
    case .failure: "ended with a schedule that failed"
    case .schedules: "ended when all schedules that were asked for were run"
    case .duration: "ended when its time was up"
    case .risk(let limit):
      "ended when the residual risk was below \(percent(limit)), as `until` asks"
    case .exhaustion: "ended since there were no other schedules"
    case .cancellation: "ended before its time: it was cancelled"
    }
  }
}

extension FuzzReport.ResidualRisk: CustomStringConvertible {
  public var description: String { words }

  /// The estimate in a sentence, with what it is an estimate of.
  var words: String {
    let unseen =
      includesInputs ? "an unseen pair of input and interleaving" : "an unseen interleaving"
    return "residual risk: one more schedule like these shows \(unseen) with a probability of "
      + "\(percent(estimate)), at most \(percent(upperBound)) with 95% confidence"
  }
}

extension [StrategyShare] {
  /// What each strategy spent and what it reached; nil where none was used.
  var words: String? {
    let used = filter { $0.schedules > 0 }
    guard let first = used.first else { return nil }
    let shares = used.dropFirst().map {
      "\($0.name) \(grouped($0.schedules)) (\(grouped($0.newInterleavings)))"
    }
    let head =
      "\(first.name) \(counted(first.schedules, "schedule")) "
      + "(\(counted(first.newInterleavings, "new interleaving")))"
    return ([head] + shares).joined(separator: ", ")
  }
}

/// `0.27%`, `12%`: two digits that count.
func percent(_ part: Double) -> String {
  guard part > 0 else { return "0%" }
  let hundredths = part * 100
  var digits = 0
  var next = 9.95
  while hundredths < next, digits < 6 {
    digits += 1
    next /= 10
  }
  return String(format: "%.\(digits)f%%", hundredths)
}

/// `1 step`, `1,000 steps`.
func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
  "\(grouped(number)) \(number == 1 ? noun : plural ?? noun + "s")"
}

/// `2nd`, `13th`.
func ordinal(_ number: Int) -> String {
  let isTeen = (11...13).contains(number % 100)
  return switch number % 10 {
  case 1 where !isTeen: "\(number)st"
  case 2 where !isTeen: "\(number)nd"
  case 3 where !isTeen: "\(number)rd"
  default: "\(number)th"
  }
}

/// The number with a comma between each three digits.
func grouped(_ number: Int) -> String {
  let digits = Array(String(number.magnitude))
  var text = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
    text.append(digit)
  }
  return text
}

/// A duration with about three digits, in seconds, or in milliseconds if short.
func seconds(_ duration: Duration) -> String {
  let (whole, fraction) = duration.components
  let milliseconds = whole * 1000 + fraction / 1_000_000_000_000_000
  if milliseconds < 1000 { return "\(milliseconds) ms" }
  if whole >= 100 { return "\(grouped(Int(whole))) s" }
  let tenths = milliseconds / 100
  return "\(tenths / 10).\(tenths % 10) s"
}
