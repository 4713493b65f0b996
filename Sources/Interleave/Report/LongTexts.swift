/// Values of any length, as much of them as is told.
extension String {
  /// The text, or what it begins and ends with if it is very long.
  ///
  /// It is short enough then to stay as it is.
  var withoutMiddle: String {
    let length = utf8.count
    guard length > Self.longestTold else { return self }
    // Words for what is left out take less than 60 bytes.
    let half = (Self.longestTold - 60) / 2
    let head = self[..<boundary(half)]
    let tail = self[boundary(length - half)...]
    let left = length - head.utf8.count - tail.utf8.count
    return "\(head) [... \(grouped(left)) more bytes ...] \(tail)"
  }

  /// Of texts with more bytes, the middle is left out.
  private static let longestTold = 8_000

  /// The last place before a number of bytes at which no character's bytes are cut in two.
  private func boundary(_ bytes: Int) -> Index {
    var place = utf8.index(startIndex, offsetBy: bytes)
    while place > startIndex, place < endIndex, utf8[place] & 0xC0 == 0x80 {
      place = utf8.index(before: place)
    }
    return place
  }
}

extension FuzzFailure {
  /// The failure as it is told: of very long values, without the middle.
  var withoutMiddles: FuzzFailure {
    var copy = self
    copy.message = message.withoutMiddle
    copy.test = test.withoutMiddle
    copy.inputs = inputs.map(\.withoutMiddle)
    copy.operations = operations.map(\.withoutMiddle)
    copy.interleaving = interleaving.withoutMiddles
    if let passing = findings?.passing {
      copy.findings?.passing?.interleaving = passing.interleaving.withoutMiddles
    }
    return copy
  }
}

extension Interleaving {
  fileprivate var withoutMiddles: Interleaving {
    var copy = self
    for index in steps.indices {
      let step = steps[index]
      if !step.notes.isEmpty { copy.steps[index].notes = step.notes.map(\.withoutMiddle) }
      for change in step.changes.indices {
        copy.steps[index].changes[change].before = step.changes[change].before.withoutMiddle
        copy.steps[index].changes[change].after = step.changes[change].after.withoutMiddle
      }
      for event in step.events.indices {
        copy.steps[index].events[event].detail = step.events[event].detail.withoutMiddle
      }
    }
    return copy
  }
}
