import InterleaveEngine

/// What a process wrote down of a run that may have been its last.
///
/// A line each: a word that says what it is, and the rest. The last lines, from the run's number
/// on, may have been written while the process crashed: numbers alone, of sixteen digits.
struct RunJournal: Hashable, Sendable {
  /// Why it was written.
  enum Reason: String, Sendable {
    /// The run failed, and its failure was not kept yet.
    case found
    /// It crashed in a way that could not be contained.
    case crash
    /// One of its steps took long.
    case slow
  }

  /// What is known of a failure that was found.
  struct Finding: Hashable, Sendable {
    /// What went wrong, for people.
    var message: String
    var kind: FuzzFailure.Kind
    var schedulesTried: Int
    var strategy: String?
    var isElsewhere = false
    /// What was generated; when it is read, the values of choices alone count.
    var draws = Draws()
  }

  var reason: Reason
  var seed: UInt64
  /// What the run chose.
  var run: RunGlance
  /// What is known of the failure; nil where the run had not failed.
  var finding: Finding?
  /// The crash was on a thread that ran no step.
  var isElsewhere = false

  init(_ reason: Reason, seed: UInt64, run: RunGlance, finding: Finding? = nil) {
    self.reason = reason
    self.seed = seed
    self.run = run
    self.finding = finding
  }
}

// MARK: - Writing

extension RunJournal {
  private static let title = "interleave journal 2"

  /// The lines with which a journal begins, whoever writes it.
  static func head(_ reason: Reason, seed: UInt64) -> String {
    "\(title)\nseed \(String(seed, radix: 16))\nreason \(reason.rawValue)\n"
  }

  var text: String {
    var text = Self.head(reason, seed: seed)
    func add(_ key: String, _ value: String) { text += "\(key) \(Self.escaped(value))\n" }
    func add(_ key: String, _ words: [UInt64]) {
      add(key, words.map { String($0, radix: 16) }.joined(separator: " "))
    }
    if let finding {
      add("kind", finding.kind.rawValue)
      add("message", finding.message)
      add("tried", "\(finding.schedulesTried)")
      if let strategy = finding.strategy { add("strategy", strategy) }
      if finding.isElsewhere { text += "elsewhere\n" }
      if let inputs = finding.draws.inputs { add("inputs", inputs.words) }
      for operation in finding.draws.prefix { add("before", operation.words) }
      for (number, lane) in finding.draws.lanes.enumerated() {
        for operation in lane { add("lane", [UInt64(number)] + operation.words) }
      }
      if let doubles = finding.draws.doubles { add("doubles", doubles.words) }
    }
    add("i", [UInt64(run.index), 0, 0, 0])
    if let seed = run.randomSeed { add("r", [seed, 0, 0, 0]) }
    for deviation in run.deviations {
      add("d", Self.words(deviation.picked) + Self.words(deviation.passedOver))
    }
    if let cancellation = run.cancellation {
      add("c", [cancellation.task] + Self.words(cancellation.after) + [0])
    }
    return text + "end\n"
  }

  private static func words(_ key: StepKey) -> [UInt64] {
    [key.task, UInt64(truncatingIfNeeded: key.ordinal)]
  }

  /// A text as one line.
  private static func escaped(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": line += "\\\\"
      case "\n": line += "\\n"
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }

  private static func unescaped(_ line: Substring) -> String {
    var text = ""
    var isEscaped = false
    for scalar in line.unicodeScalars {
      if !isEscaped, scalar == "\\" {
        isEscaped = true
      } else {
        text.unicodeScalars.append(isEscaped && scalar == "n" ? "\n" : scalar)
        isEscaped = false
      }
    }
    return text
  }
}

// MARK: - Reading

extension RunJournal {
  /// Reads a journal as its process left it.
  ///
  /// - Returns: Nil for what is no journal, or one that breaks off.
  init?(_ text: String) {
    var lines = text.unicodeScalars.split(separator: "\n").map { Substring($0) }
    guard lines.count >= 5, lines.removeFirst() == Self.title, lines.removeLast() == "end" else {
      return nil
    }
    self.init(.crash, seed: 0, run: RunGlance(index: 0, deviations: []))
    var hasSeed = false
    var finding = Finding(message: "", kind: .crash, schedulesTried: 0)
    for line in lines {
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      let rest = parts.count > 1 ? parts[1] : ""
      switch parts[0] {
      case "seed":
        guard let seed = UInt64(rest, radix: 16) else { return nil }
        self.seed = seed
        hasSeed = true
      case "reason":
        guard let reason = Reason(rawValue: String(rest)) else { return nil }
        self.reason = reason
      case "elsewhere": isElsewhere = true
      case "i", "r", "d", "c":
        guard run.read(parts[0], Self.words(rest)) else { return nil }
      default:
        guard finding.read(parts[0], Self.unescaped(rest)) else { return nil }
      }
    }
    guard hasSeed else { return nil }
    finding.isElsewhere = isElsewhere
    self.finding = reason == .found ? finding : nil
  }

  /// Reads numbers; none where one of them is none.
  fileprivate static func words(_ text: some StringProtocol) -> [UInt64] {
    let parts = text.split(separator: " ")
    let words = parts.compactMap { UInt64($0, radix: 16) }
    return words.count == parts.count ? words : []
  }
}

extension RunJournal.Finding {
  /// Reads a line.
  ///
  /// - Returns: It is one of a finding.
  fileprivate mutating func read(_ key: Substring, _ value: String) -> Bool {
    switch key {
    case "kind": kind = FuzzFailure.Kind(rawValue: value) ?? .crash
    case "message": message = value
    case "tried": schedulesTried = Int(value) ?? 0
    case "strategy": strategy = value
    case "inputs", "before", "lane", "doubles": return readDrawn(key, RunJournal.words(value)[...])
    default: return false
    }
    return true
  }

  private mutating func readDrawn(_ key: Substring, _ words: ArraySlice<UInt64>) -> Bool {
    var words = words
    let lane = key == "lane" ? words.popFirst().flatMap { Int(exactly: $0) } : 0
    guard let lane, lane <= draws.lanes.count, let recording = Recording(words: Array(words)) else {
      return false
    }
    switch key {
    case "inputs": draws.inputs = recording
    case "before": draws.prefix.append(recording)
    case "doubles": draws.doubles = recording
    default:
      if lane == draws.lanes.count { draws.lanes.append([]) }
      draws.lanes[lane].append(recording)
    }
    return true
  }
}

extension Recording {
  /// The choices alone.
  fileprivate var words: [UInt64] { values.flatMap(\.words) }

  /// Choices of which nothing but their values is known.
  fileprivate init?(words: [UInt64]) {
    guard let choices = Choice.choices(of: words) else { return nil }
    self.init(choices: choices.map { RecordedChoice(value: $0, domain: .boolean(forced: nil)) })
  }
}

extension RunGlance {
  /// Reads a line.
  ///
  /// - Returns: It is one of a run.
  fileprivate mutating func read(_ key: Substring, _ words: [UInt64]) -> Bool {
    guard words.count == 4 else { return false }
    let step = StepKey(task: words[0], ordinal: Int32(truncatingIfNeeded: words[1]))
    switch key {
    case "i": index = Int(truncatingIfNeeded: words[0])
    case "r": randomSeed = words[0]
    case "d":
      deviations.append(
        RawDeviation(
          picked: step,
          passedOver: StepKey(task: words[2], ordinal: Int32(truncatingIfNeeded: words[3]))))
    default:
      cancellation = RecordedCancellation(
        task: words[0], after: StepKey(task: words[1], ordinal: Int32(truncatingIfNeeded: words[2]))
      )
    }
    return true
  }
}
