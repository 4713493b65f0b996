/// How one run failed.
struct RunFailure: Sendable {
  var kind: FuzzFailure.Kind
  /// What went wrong, for people.
  var message: String
  var location: FuzzFailure.SourceLocation?
  /// What two failures of one kind must share to be the same failure.
  var place: String
  /// The number of steps that had run.
  var steps = 0
  /// Nothing was tested, since what is generated cannot be: no failure of what is tested.
  var isMistake = false
  /// The step waits for what nobody could bring about, whatever goes on.
  var isForEver = false
  /// It was no step that failed, but a thread beside it.
  var isElsewhere = false
  /// The calls in which a step crashed, innermost first, for people.
  var callStack: [String] = []
  /// What the lanes of a spec did, where no order of it agrees with the model.
  var history: JudgedHistory?

  /// Tells whether another run failed in the same way.
  func isLike(_ other: RunFailure) -> Bool {
    kind == other.kind && place == other.place
  }
}
