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
  /// Steps that took long in runs of workers, in words.
  var slowSteps: Set<String> = []
  /// Different errors are told up to this number.
  fileprivate static let mostErrors = 20
}

extension Observations {
  var isEmpty: Bool { errors.isEmpty && slowSteps.isEmpty }

  func pack(into packet: inout Packet) {
    let kinds = errors.sorted { ($0.value, $0.key.site) < ($1.value, $1.key.site) }
    packet.put(kinds.count)
    for (kind, words) in kinds {
      packet.put(kind.site)
      packet.put(kind.caller)
      packet.put([kind.type, words])
    }
    packet.put(slowSteps.sorted())
  }

  /// Takes over what is not known yet.
  mutating func unpack(from packet: inout Packet) {
    let count: Int = packet.take()
    for _ in 0..<count {
      let (site, caller): (UInt, UInt) = (packet.take(), packet.take())
      let texts = packet.takeTexts()
      let kind = ErrorKind(site: site, caller: caller, type: texts[0])
      if errors[kind] == nil, errors.count < Self.mostErrors { errors[kind] = texts[1] }
    }
    slowSteps.formUnion(packet.takeTexts())
  }
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
    observations.errors.values.sorted() + slowSteps.sorted()
  }

  /// The steps that took long, in words.
  var slowSteps: Set<String> {
    Set(machine.slowSteps.map(words)).union(observations.slowSteps)
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
