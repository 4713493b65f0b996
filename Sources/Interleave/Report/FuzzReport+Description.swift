extension FuzzReport: CustomStringConvertible {
  /// One line about what was run; what chose it, escapes and warnings follow.
  public var description: String {
    let lines = [summary] + spending + escapeLines + warnings.map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }

  /// What left the run's control, and what follows from it.
  var escapeLines: [String] {
    let lines = escapes.map { "escaped control: \($0)" }
    return lines.isEmpty ? [] : lines + ["so a replay may differ from the run that it repeats"]
  }

  /// What each strategy was used for, in one line; none where only one was.
  private var spending: [String] {
    let used = strategies.filter { $0.schedules > 0 }
    guard used.count > 1 else { return [] }
    let shares = used.map {
      "\($0.name) \(grouped($0.schedules)) (\(grouped($0.newInterleavings)) new)"
    }
    return ["chosen by: " + shares.joined(separator: ", ")]
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

/// `1 step`, `1,000 steps`.
func counted(_ number: Int, _ noun: String, plural: String? = nil) -> String {
  "\(grouped(number)) \(number == 1 ? noun : plural ?? noun + "s")"
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
