import InterleaveEngine

/// What was noticed in runs that did not fail for it.
struct Observations {
  /// An error, by the task's place and the error's type.
  struct ErrorKind: Hashable {
    var site: UInt
    var caller: UInt
    var type: String
  }

  /// Errors that nobody looked at, in the words of the first.
  fileprivate(set) var errors: [ErrorKind: String] = [:]
  /// Different errors are told up to this number.
  fileprivate static let mostErrors = 20
}

extension Campaign {
  /// Notes what tasks of the run that has just ended have thrown to nobody.
  func noteUnseenErrors() {
    guard resolved.configuration.checks.contains(.unseenErrors) else { return }
    let unseen = machine.unseenErrors
    guard !unseen.isEmpty, observations.errors.count < Observations.mostErrors else { return }
    let tasks = machine.inspectTasks()
    for found in unseen {
      let task = tasks[found.task]
      let kind = Observations.ErrorKind(
        site: task.site, caller: task.caller, type: String(reflecting: type(of: found.error)))
      if observations.errors[kind] != nil { continue }
      let made = StepNamer(machine).maker(of: task).map { ", which was made in \($0.words)" } ?? ""
      observations.errors[kind] =
        "a task\(made), threw \(found.error), and nobody looked at its result"
    }
  }

  /// What was noticed, for people, in an order that does not change.
  var observationLines: [String] {
    observations.errors.values.sorted() + Set(machine.slowSteps.map(words)).sorted()
  }

  private func words(_ step: SlowStep) -> String {
    let code = Symbolicator.shared.place(of: .start(step.resume))
    let actor = TypeName.short(Takeover.typeName(step.executor))
    let limit = resolved.configuration.slowStepLimit
    return "a step held \(actor.isEmpty ? "its thread" : actor) for more than "
      + "\(seconds(limit)) of real time, without suspending: \(code.words)"
  }
}

extension CodePlace {
  /// The function and the place; `the runtime` where neither is known.
  var words: String {
    guard let place else { return function.isEmpty ? "the runtime" : function }
    return function.isEmpty ? "\(place)" : "\(function) (\(place))"
  }
}
