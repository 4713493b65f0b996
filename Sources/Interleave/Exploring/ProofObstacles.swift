import InterleaveEngine

/// Why nothing was proved, for people.
enum ProofObstacles {
  /// What is said where a proof was asked for.
  static func warning(of proof: ProofAttempt) -> String {
    "nothing was proved: "
      + (words(of: proof) ?? "there are more interleavings than schedules to run them")
  }

  /// What speaks against a proof; nil where nothing does.
  static func words(of proof: ProofAttempt) -> String? {
    let reasons = words(proof.limits, proof.unseen, proof.divided)
    return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
  }

  /// Why the dependency relation does not cover runs.
  ///
  /// - Parameters:
  ///   - limits: What was noticed in them.
  ///   - unseen: By what their steps may have shared something unseen.
  ///   - divided: One of their steps that could be interrupted to another end.
  static func words(
    _ limits: ReductionLimits, _ unseen: UnseenSharing?, _ divided: DividedStep?
  ) -> [String] {
    reasons.filter { limits.contains($0.0) }.map(\.1) + (unseen.map { [reason($0)] } ?? [])
      + (divided.map { [reason($0)] } ?? [])
  }

  private static func reason(_ step: DividedStep) -> String {
    "\(words(step)) does several things between which other tasks could come, and is run as a whole"
  }

  private static func words(_ step: DividedStep) -> String {
    let begin = Symbolicator.shared.place(of: .start(step.resume))
    if !begin.function.isEmpty, begin.place != nil || step.site == 0 {
      return "a step of \(words(.start(step.resume)))"
    }
    let maker = Symbolicator.shared.place(of: .afterCall(step.site))
    guard let place = maker.place else { return "a step of a task" }
    return "a step of the task that is made at \(place)"
  }

  /// A function of the program, and where it or the place in it is.
  private static func words(_ address: CodeAddress) -> String {
    let place = Symbolicator.shared.place(of: address)
    // Where a macro's code lies, nobody can look.
    let isOfMacro = place.place?.file.contains("@__swiftmacro_") ?? false
    let name =
      !place.function.isEmpty
      ? "`\(place.function)`" : isOfMacro ? "a function that a macro has made" : "a function"
    return name + (isOfMacro ? "" : place.place.map { " (\($0))" } ?? "")
  }

  private static func reason(_ unseen: UnseenSharing) -> String {
    let callee = unseen.name ?? Symbolicator.shared.place(of: .start(unseen.function)).function
    let function = callee.isEmpty ? "a function of another library" : "`\(callee)`"
    return switch unseen.kind {
    case .atomics where unseen.place == unseen.function:
      "\(words(.start(unseen.place))) uses atomics or a Mutex, so that steps may share memory unseen"
    case .atomics:
      "\(words(.afterCall(unseen.place))) uses atomics or a Mutex, so that steps may share memory unseen"
    case .besideAtomics:
      "\(words(.start(unseen.place))) is compiled together with code that uses atomics or a Mutex, "
        + "and may do so unseen"
    case .call:
      "\(words(.afterCall(unseen.place))) calls \(function), by which steps may share something unseen"
    case .lifetime:
      "\(words(.afterCall(unseen.place))) asks whether an object still exists, or who refers to "
        + "it, which depends on when others let go of it"
    case .deinitializer:
      "\(words(.start(unseen.place))) does something when the last task lets go of its object"
    case .trial:
      "\(words(.afterCall(unseen.place))) calls \(function), which fails only while another task is at "
        + "the same"
    }
  }

  private static let reasons: [(ReductionLimits, String)] = [
    (.timers, "a timer competed with other work"),
    (.priorities, "tasks of different priorities met on an actor"),
    (.escapes, "something ran outside of Interleave's control"),
    (.length, "a run was too long"),
    (.divergence, "the same choices led to different runs"),
    (.cancellation, "a task was cancelled, and it was not seen by whom"),
    (.clocks, "a step slept, or waited for a limited time, without being suspended"),
    (
      .interruptions,
      "a step waited inside for what others do, or did there what no relation between steps covers"
    ),
    (
      .randomness,
      "random numbers were drawn (`UUID()`, `randomElement()`), and those of other runs are others"
    ),
    (.conditions, "a condition is asked after every step, and may see what several of them did"),
    (.queues, "blocks ran on dispatch queues"),
    (.threads, "the test made threads"),
    (
      .blindness,
      "what tasks share cannot be seen here: that takes Linux on x86-64, a program with its "
        + "symbols, no debugger, and runs in this process"
    ),
    (.memory, "more was left to try than can be kept in memory"),
  ]
}
