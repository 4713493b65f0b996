import InterleaveEngine

/// What the thread sanitizer saw in a run.
extension Campaign {
  /// The first data race of the run that has just ended, unless it failed before that.
  func dataRace(before failure: RunFailure?) -> RunFailure? {
    for race in machine.races where race.steps <= failure?.steps ?? .max {
      if let failure = RunFailure(race) { return failure }
    }
    return nil
  }
}

extension RunFailure {
  /// The failure of a run in which a data race was seen.
  ///
  /// - Returns: Nil where it is not between lines of the program: what the sanitizer does not
  ///   see into, such as the runtime, may order what it takes for unordered.
  init?(_ race: DataRace) {
    guard let later = Self.code(of: race.later), let earlier = Self.code(of: race.earlier),
      let place = later.place
    else { return nil }
    let what = race.later.isWrite ? "changed" : "read"
    let before = race.earlier.isWrite ? "changed" : "read"
    let places = [later, earlier].map { $0.place.map { "\($0)" } ?? $0.function }
    self.init(
      kind: .dataRace,
      message: """
        \(later.function) \(what) memory at \(places[0]) that another task had \(before) in \
        \(earlier.function) at \(places[1]), and nothing orders the two: neither an actor, nor a \
        lock, nor that one waits for the other
        """,
      location: FuzzFailure.SourceLocation(place, fileID: nil),
      place: places.sorted().joined(separator: " & "), steps: race.steps)
  }

  /// The code that made an access; nil where that is not the program's own.
  private static func code(of access: DataRace.Access) -> CodePlace? {
    let addresses = access.frames.map { CodeAddress(instruction: $0, isStart: false) }
    guard let code = Symbolicator.shared.places(of: addresses).first(where: { $0.place != nil }),
      let file = code.place?.file,
      !["/Sources/Interleave/", "/Sources/InterleaveEngine/"].contains(where: file.contains)
    else { return nil }
    return code
  }
}
