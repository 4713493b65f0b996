// TapeParts: a tape taken apart, to be changed where it is read.

/// What a run reads of a tape: values, terms and choices.
struct TapeParts: Equatable {
  /// What is generated, as it is read.
  var values: [UInt8]
  var terms: TapeTerms
  /// What the schedule chooses, as it is read: 0 is the step that would have run anyway.
  var choices: [UInt8]

  /// Takes a tape apart.
  ///
  /// - Parameters:
  ///   - bytes: The tape.
  ///   - borders: How much of it its run has asked for; what it asked for in vain is 0.
  init(_ bytes: [UInt8], _ borders: TapeBorders) {
    values =
      bytes.prefix(borders.values)
      + Array(repeating: 0, count: max(0, borders.values - bytes.count))
    let tape = Tape(Array(bytes.dropFirst(borders.values)))
    terms = TapeTerms(from: tape)
    let left = max(0, borders.choices - tape.borders.choices)
    choices = (0..<left).map { _ in UInt8(tape.takeChoice(1)) }
  }

  /// The tape, of at most so many bytes: the last choices are left out first.
  func bytes(limit: Int) -> [UInt8] {
    var writer = TapeWriter()
    guard terms.write(to: &writer) else { return [] }
    for choice in choices { writer.putChoice(UInt64(choice), 1) }
    writer.put(values)
    let bytes = writer.bytes
    let excess = max(0, bytes.count - limit)
    let kept = bytes.prefix(values.count) + bytes.dropFirst(values.count + excess)
    return Array(kept.prefix(limit))
  }
}

extension TapeParts {
  /// Changes what is generated: one byte, or all of it as an engine would.
  ///
  /// - Parameter engine: Changes bytes, and leaves as many as there were.
  mutating func changeValues(_ random: inout SplitMix64, engine: (inout [UInt8]) -> Void) {
    guard random.chance(1, in: 2) else {
      // Engines put in what the program has compared with, as words of eight bytes: the last value
      // has room for one, too.
      var padded = values + Array(repeating: 0, count: 8)
      engine(&padded)
      values = Array(padded.prefix(values.count))
      return
    }
    values[random.below(values.count)] = UInt8(random.below(256))
  }

  /// Changes the schedule a little, rather by asking for another step at one place than by many.
  mutating func changeSchedule(_ random: inout SplitMix64) {
    repeat { changeOnce(&random) } while random.chance(1, in: 2)
  }

  private mutating func changeOnce(_ random: inout SplitMix64) {
    guard !choices.isEmpty, !random.chance(1, in: 12) else { return changeTerms(&random) }
    let place = random.below(choices.count)
    switch random.below(8) {
    case 0, 1, 2: choices[place] = random.chance(3, in: 4) ? 1 : UInt8(1 + random.below(7))
    case 3, 4: choices[place] = 0
    // What is chosen later on is chosen one step later, or sooner.
    case 5: choices.insert(0, at: place)
    case 6: choices.remove(at: place)
    default: choices.replaceSubrange(place..., with: choices[place...].map { _ in 0 })
    }
  }

  private mutating func changeTerms(_ random: inout SplitMix64) {
    switch random.below(4) {
    case 0, 1: terms.interruptsSteps.toggle()
    case 2 where terms.cancellation != nil: terms.cancellation = nil
    case 2:
      terms.cancellation = .init(steps: random.below(choices.count + 1), victim: random.below(4))
    default: terms.seed = random.chance(1, in: 2) ? 0 : random.next()
    }
  }

  /// Takes what is generated, or the schedule, or a part of either from another tape.
  mutating func cross(with other: TapeParts, _ random: inout SplitMix64) {
    switch random.below(3) {
    case 0: values = other.values
    case 1: (terms, choices) = (other.terms, other.choices)
    default:
      values = Self.splice(values, other.values, &random)
      choices = Self.splice(choices, other.choices, &random)
    }
  }

  private static func splice(
    _ first: [UInt8], _ second: [UInt8], _ random: inout SplitMix64
  ) -> [UInt8] {
    let place = random.below(min(first.count, second.count) + 1)
    return Array(first.prefix(place) + second.dropFirst(place))
  }
}
