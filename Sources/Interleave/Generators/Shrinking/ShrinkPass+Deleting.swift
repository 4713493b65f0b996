extension ShrinkPass {
  /// All passes, cheap ones first.
  static let all: [ShrinkPass] = [
    deleteSpans, simplifySpans, replaceByPart, deleteChoices, lower, flip,
    simplifyFractions, lowerAlike, lowerTogether, sort, redistribute, deleteAndLowerRest, join,
    lowerAndDelete,
  ]

  /// How many passes at the front need about as many tries as there are choices.
  static let cheapCount = 7

  /// Deletes elements of collections: as many as possible of those that follow each other.
  static let deleteSpans = ShrinkPass(name: "delete spans") { recording, index in
    guard index < recording.spans.count else { return nil }
    let run = recording.run(from: index)
    return ShrinkMove(size: UInt128(run.count)) { kept in
      let deleted = run.prefix(run.count - Int(kept))
      guard let first = deleted.first, let last = deleted.last, first.start < last.end else {
        return nil
      }
      return recording.values(deleting: first.start..<last.end)
    }
  }

  /// Makes all choices of a span the simplest ones.
  static let simplifySpans = ShrinkPass(name: "simplify spans") { recording, index in
    guard index < recording.spans.count else { return nil }
    let span = recording.spans[index]
    let choices = recording.choices[span.start..<span.end]
    guard choices.contains(where: { !$0.isSimplest }) else { return .idle }
    return .once {
      var values = recording.values
      for place in span.start..<span.end {
        values[place] = recording.choices[place].domain.simplest
      }
      return values
    }
  }

  /// Puts a part of a recursive value, or of nested collections, in the place of the whole.
  static let replaceByPart = ShrinkPass(name: "replace by part") { recording, index in
    let (outer, inner) = index.quotientAndRemainder(dividingBy: partners)
    guard outer < recording.spans.count else { return nil }
    let whole = recording.spans[outer]
    let parts = recording.spans[(outer + 1)...].lazy.filter {
      $0.kind == whole.kind && $0.end <= whole.end && $0.count < whole.count
    }
    guard let part = parts.dropFirst(inner).first else { return .idle(stride: partners - inner) }
    return .once {
      let values = recording.values
      return Array(
        values[..<whole.start] + values[part.start..<part.end] + values[whole.end...])
    }
  }

  /// Deletes a few choices that follow each other, whatever they belong to.
  static let deleteChoices = ShrinkPass(name: "delete choices") { recording, index in
    let (start, rest) = index.quotientAndRemainder(dividingBy: 3)
    guard start < recording.choices.count else { return nil }
    let end = start + 3 - rest
    guard end <= recording.choices.count else { return .idle }
    return .once { recording.values(deleting: start..<end) }
  }

  /// Deletes an element, and lowers all integers of the elements beside it by one: for integers
  /// that point to elements.
  static let deleteAndLowerRest = ShrinkPass(name: "delete and lower rest") { recording, index in
    guard index < recording.spans.count else { return nil }
    let deleted = recording.spans[index]
    guard deleted.kind == .element else { return .idle }
    return .once {
      var values = recording.values
      for span in recording.spans where span.parent == deleted.parent && span.kind == .element {
        for place in span.start..<span.end {
          guard let choice = IntegerChoice(recording, at: place), choice.distance > 0 else {
            continue
          }
          values[place] = .integer(choice.lowered(by: 1))
        }
      }
      values.removeSubrange(deleted.start..<deleted.end)
      return values
    }
  }

  /// Deletes an element, and adds its first integer to that of the next one; beyond the bound of
  /// its range it goes on at the other.
  static let join = ShrinkPass(name: "join") { recording, index in
    guard index < recording.spans.count else { return nil }
    let run = recording.run(from: index)
    guard run.count > 1, let deleted = recording.firstInteger(in: run[0]),
      let kept = recording.firstInteger(in: run[1]), deleted.distance > 0
    else { return .idle }
    return .once {
      var sum = kept.value + (deleted.value - deleted.simplest)
      let width = kept.range.upperBound - kept.range.lowerBound + 1
      if sum > kept.range.upperBound { sum -= width }
      if sum < kept.range.lowerBound { sum += width }
      guard kept.range.contains(sum) else { return nil }
      var values = recording.values
      values[kept.place] = .integer(sum)
      values.removeSubrange(run[0].start..<run[0].end)
      return values
    }
  }

  /// Lowers an integer, and deletes as many later elements: for one that counts or points to
  /// them.
  static let lowerAndDelete = ShrinkPass(name: "lower and delete") { recording, index in
    guard !recording.spans.isEmpty else { return nil }
    let (place, span) = index.quotientAndRemainder(dividingBy: recording.spans.count)
    guard place < recording.choices.count else { return nil }
    guard let choice = IntegerChoice(recording, at: place), choice.distance > 0 else {
      return .idle(stride: recording.spans.count - span)
    }
    guard !recording.spans[span].kind.isValue else { return .idle }
    let run = recording.run(from: span)
    guard let first = run.first, !(first.start...first.end).contains(place)
    else { return .idle }
    let size = min(UInt128(run.count), choice.distance)
    return ShrinkMove(size: size) { kept in
      let steps = size - kept
      let last = run[run.startIndex + Int(steps) - 1]
      guard !(first.start..<last.end).contains(place) else { return nil }
      var values = recording.values
      values[place] = .integer(choice.lowered(by: steps))
      values.removeSubrange(first.start..<last.end)
      return values
    }
  }

  /// How many partners of a place a pass over pairs tries.
  static let partners = 12
}

extension ChoiceSpan.Kind {
  fileprivate var isValue: Bool {
    if case .value = self { true } else { false }
  }
}

extension Recording {
  /// The span and those of its kind that follow it directly, within the same parent; the span
  /// alone if it is no element.
  func run(from index: Int) -> [ChoiceSpan] {
    let first = spans[index]
    guard first.kind == .element else { return [first] }
    var run = [first]
    for span in spans[(index + 1)...] where span.parent == first.parent {
      guard let last = run.last, span.kind == first.kind, span.start == last.end else { break }
      run.append(span)
    }
    return run
  }

  fileprivate func firstInteger(in span: ChoiceSpan) -> IntegerChoice? {
    (span.start..<span.end).lazy.compactMap { IntegerChoice(self, at: $0) }.first
  }

  func values(deleting range: Range<Int>) -> [Choice] {
    var values = values
    values.removeSubrange(range)
    return values
  }
}
