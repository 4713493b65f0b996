import InterleaveEngine

extension Campaign {
  /// Says why nothing was proved, where a proof was asked for.
  func noteObstacle(to proof: ProofAttempt) {
    var reasons: [String] = []
    for (limit, reason) in Self.reasons where proof.limits.contains(limit) {
      reasons.append(reason)
    }
    if let function = proof.sharedIn {
      let place = Symbolicator.shared.place(of: .start(function))
      let name = place.function.isEmpty ? "a function" : "`\(place.function)`"
      reasons.append(
        "\(name)\(place.place.map { " (\($0))" } ?? "") uses atomics or a Mutex, so that steps "
          + "may share memory unseen")
    }
    if reasons.isEmpty { reasons = ["there are more interleavings than schedules to run them"] }
    report.warnings.append("nothing was proved: " + reasons.joined(separator: "; "))
  }

  private static let reasons: [(ReductionLimits, String)] = [
    (.timers, "a timer competed with other work"),
    (.priorities, "tasks of different priorities met on an actor"),
    (.escapes, "something ran outside of Interleave's control"),
    (.length, "a run was too long"),
    (.divergence, "the same choices led to different runs"),
    (
      .blindness,
      "what tasks share cannot be seen here: that takes Linux on x86-64, a program with its "
        + "symbols, and no debugger"
    ),
    (.memory, "more was left to try than can be kept in memory"),
  ]
}
