/// An integer choice and its place.
struct IntegerChoice {
  var place: Int
  var value: Int128
  var simplest: Int128
  var range: ClosedRange<Int128>

  init?(_ recording: Recording, at place: Int) {
    let choice = recording.choices[place]
    guard case .integer(let range, let simplest) = choice.domain,
      case .integer(let value) = choice.value
    else { return nil }
    self.place = place
    self.value = value
    self.simplest = simplest
    self.range = range
  }

  var distance: UInt128 { (value - simplest).magnitude }

  func lowered(by amount: UInt128) -> Int128 {
    value > simplest ? value - Int128(amount) : value + Int128(amount)
  }
}
