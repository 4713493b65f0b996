extension ShrinkPass {
  /// Lowers each choice by itself.
  static let lower = ShrinkPass(name: "lower") { recording, index in
    guard index < recording.choices.count else { return nil }
    let choice = recording.choices[index]
    return ShrinkMove(size: choice.scale) { target in
      recording.values(replacing: [index], by: choice.scaled(to: target))
    }
  }

  /// Takes a value on the other side of the simplest: above it as far away, or nearer.
  static let flip = ShrinkPass(name: "flip") { recording, index in
    guard index < recording.choices.count else { return nil }
    guard let choice = IntegerChoice(recording, at: index) else { return .idle }
    let isBelow = choice.value < choice.simplest
    return ShrinkMove(size: isBelow ? choice.distance + 1 : choice.distance) { target in
      let flipped = choice.simplest + (isBelow ? 1 : -1) * Int128(target)
      guard choice.range.contains(flipped) else { return nil }
      return recording.values(replacing: [index], by: .integer(flipped))
    }
  }

  /// Makes fractions whole, or gives them fewer digits, and what is not finite finite.
  static let simplifyFractions = ShrinkPass(name: "simplify fractions") { recording, index in
    let forms = 12
    let (place, form) = index.quotientAndRemainder(dividingBy: forms)
    guard place < recording.choices.count else { return nil }
    let choice = recording.choices[place]
    guard case .double(let bits) = choice.value, !choice.isSimplest else { return .idle }
    let value = Double(bitPattern: bits)
    let simpler: Double =
      switch form {
      case 0: value.magnitude
      case 1: value.isNaN ? 1 : value.rounded(.towardZero)
      case 2: value.isFinite ? value.rounded(.awayFromZero) : .greatestFiniteMagnitude
      case 3: value.isFinite ? value / 2 : value.sign == .minus ? -.infinity : .infinity
      default: (value * Double(1 << (form - 3))).rounded(.towardZero) / Double(1 << (form - 3))
      }
    let candidate = choice.domain.nearest(to: .double(simpler))
    guard choice.domain.complexity(of: candidate) < choice.complexity else { return .idle }
    return .once { recording.values(replacing: [place], by: candidate) }
  }

  /// Lowers all choices that are equal to one, together.
  static let lowerAlike = ShrinkPass(name: "lower alike") { recording, index in
    guard index < recording.choices.count else { return nil }
    let choice = recording.choices[index]
    guard choice.scale > 0 else { return .idle }
    let alike = recording.choices.indices.filter { recording.choices[$0].value == choice.value }
    guard alike.first == index, alike.count > 1 else { return .idle }
    return ShrinkMove(size: choice.scale) { target in
      recording.values(replacing: alike, by: choice.scaled(to: target))
    }
  }

  /// Lowers two integers by the same amount, so that their difference stays.
  static let lowerTogether = ShrinkPass(name: "lower together") { recording, index in
    guard let pair = recording.integerPair(index) else { return nil }
    guard let (first, second) = pair else {
      return .idle(stride: partners - index % partners)
    }
    let size = min(first.distance, second.distance)
    return ShrinkMove(size: size) { target in
      var values = recording.values
      values[first.place] = .integer(first.lowered(by: size - target))
      values[second.place] = .integer(second.lowered(by: size - target))
      return values
    }
  }

  /// Lowers an integer and raises a later one by as much, so that their sum stays.
  static let redistribute = ShrinkPass(name: "redistribute") { recording, index in
    guard let pair = recording.integerPair(index) else { return nil }
    guard let (first, second) = pair else {
      return .idle(stride: partners - index % partners)
    }
    return ShrinkMove(size: first.distance) { target in
      let lowered = first.lowered(by: first.distance - target)
      let raised = second.value + (first.value - lowered)
      guard second.range.contains(raised) else { return nil }
      var values = recording.values
      values[first.place] = .integer(lowered)
      values[second.place] = .integer(raised)
      return values
    }
  }

  /// Puts the simpler of two values of the same kind first: two elements of a collection, two
  /// parts of a tuple.
  static let sort = ShrinkPass(name: "sort") { recording, index in
    let (place, offset) = index.quotientAndRemainder(dividingBy: partners)
    guard place < recording.spans.count else { return nil }
    let early = recording.spans[place]
    let siblings = recording.spans[(place + 1)...].lazy.filter {
      $0.parent == early.parent && $0.kind == early.kind
    }
    guard let late = siblings.dropFirst(offset).first else {
      return .idle(stride: partners - offset)
    }
    let isSorted =
      !recording.part(late).isSimpler(than: recording.part(early))
    guard !isSorted else { return .idle }
    return .once {
      let values = recording.values
      var swapped = Array(values[..<early.start])
      swapped += values[late.start..<late.end]
      swapped += values[early.end..<late.start]
      swapped += values[early.start..<early.end]
      swapped += values[late.end...]
      return swapped
    }
  }
}

extension RecordedChoice {
  /// The number that lowering it lowers: how far it is from the simplest, on its side; for
  /// floating-point numbers only where they are whole and exact.
  fileprivate var scale: UInt128 {
    switch (domain, value) {
    case (.integer(_, let simplest), .integer(let value)):
      return (value - simplest).magnitude
    case (.double, .double(let bits)):
      let number = Double(bitPattern: bits).magnitude
      return !isSimplest && number < 0x1p53 && number.rounded() == number ? UInt128(number) : 0
    default:
      return complexity
    }
  }

  /// The value at a lower scale, on the same side.
  fileprivate func scaled(to target: UInt128) -> Choice {
    switch (domain, value) {
    case (.integer(_, let simplest), .integer(let value)):
      return .integer(simplest + (value > simplest ? 1 : -1) * Int128(target))
    case (.double, .double(let bits)):
      let sign: Double = Double(bitPattern: bits).sign == .minus ? -1 : 1
      return domain.nearest(to: .double(sign * Double(target)))
    default:
      return domain.simplest
    }
  }
}

extension Recording {
  /// The pair with an index, of an integer choice and a later one: nil after the last, and an
  /// inner nil where there is none.
  fileprivate func integerPair(_ index: Int) -> (IntegerChoice, IntegerChoice)?? {
    let (place, offset) = index.quotientAndRemainder(dividingBy: ShrinkPass.partners)
    guard place < choices.count else { return nil }
    guard let first = IntegerChoice(self, at: place), first.distance > 0 else { return .some(nil) }
    var seen = 0
    for later in (place + 1)..<max(choices.count, place + 1) {
      guard let second = IntegerChoice(self, at: later) else { continue }
      if seen == offset { return (first, second) }
      seen += 1
    }
    return .some(nil)
  }

  func values(replacing places: [Int], by choice: Choice) -> [Choice] {
    var values = values
    for place in places { values[place] = choice }
    return values
  }

  func part(_ span: ChoiceSpan) -> Recording {
    Recording(choices: Array(choices[span.start..<span.end]))
  }
}
