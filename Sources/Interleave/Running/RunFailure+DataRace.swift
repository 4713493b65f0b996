import InterleaveEngine

// What the thread sanitizer saw in a run.

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
    for frame in access.frames {
      guard let code = code(at: frame), let file = code.place?.file else { continue }
      return isInterleaves(file) ? nil : code
    }
    return nil
  }

  private static func isInterleaves(_ file: String) -> Bool {
    file.contains("/Sources/Interleave/") || file.contains("/Sources/InterleaveEngine/")
  }

  /// The code at an instruction; where that is of no line, the function that it is in.
  private static func code(at frame: UInt) -> CodePlace? {
    let code = Symbolicator.shared.place(of: CodeAddress(instruction: frame, isStart: false))
    guard code.place == nil, let start = StepStop.functionStart(of: frame) else { return code }
    return Symbolicator.shared.place(of: .start(start))
  }
}
