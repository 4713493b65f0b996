import InterleaveEngine

extension Standstill {
  /// How many of those are told that found no thread.
  private static let mostWithheld = 4

  /// All threads of the pool were blocked, and what they waited for needed one.
  func atPool() -> RunFailure? {
    guard let starvation = machine.starvation else { return nil }
    let helping = starvation.withheld.first { $0.task == starvation.helper }
    let others = starvation.withheld.filter { $0.task != starvation.helper }
    var lines = starvation.blocked.map(blocked)
    if let helper = starvation.helper {
      lines.append("\(title(helper)) would let one of them go on\(helping.map(wanting) ?? "")")
    }
    lines += others.prefix(Self.mostWithheld).map { "\(title($0.task)) could go on\(wanting($0))" }
    if others.count > Self.mostWithheld {
      lines.append("so could \(others.count - Self.mostWithheld) more")
    }
    let message =
      ["each thread of the pool is blocked, and what it waits for needs a thread of the pool:"]
      + lines.map { "* \($0)" } + [Self.words(ofWidth: starvation.width)]
    return RunFailure(
      kind: .poolStarvation, message: message.joined(separator: "\n"),
      place: Set(starvation.blocked.map { place(.afterCall($0.site)) }).sorted()
        .joined(separator: ", "),
      steps: starvation.steps)
  }

  private static func words(ofWidth width: Int) -> String {
    "The pool had \(counted(width, "thread")), as on a machine with \(counted(width, "core")), or with "
      + "more where other code blocks the rest."
  }

  private func blocked(_ wait: LockWait) -> String {
    let caller = wait.caller == 0 ? nil : symbolicator.place(of: .afterCall(wait.caller))
    let place =
      place(.afterCall(wait.site))
      + (caller.flatMap { $0.isUsers ? ", called by \($0.words)" : nil } ?? "")
    guard let holder = wait.holder else {
      let call = wait.call.map { "`\($0)`, in " } ?? ""
      return "\(title(wait.task)) is blocked in \(call)\(place), until somebody lets it go on"
    }
    if wait.isForEnd {
      return "\(title(wait.task)) is blocked in \(place), until \(title(holder)) has ended"
    }
    let since = wait.heldSince == 0 ? "" : ", since \(self.place(.afterCall(wait.heldSince)))"
    return
      "\(title(wait.task)) is blocked in \(place), by a lock that \(title(holder)) holds\(since)"
  }

  private func wanting(_ turn: Machine.Turn) -> String {
    let code = symbolicator.place(of: .start(turn.resume))
    return ", but finds no thread" + (code.isUsers ? ": it is at \(code.words)" : made(turn.task))
  }
}
