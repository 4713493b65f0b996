import InterleaveEngine

extension Interleaving {
  /// The same, as it is told to people: a job by which a task goes on is that task's.
  ///
  /// Its steps stand at the same indices.
  package var shown: Interleaving {
    let jobs = Set(tasks.lazy.filter(\.isJob).map(\.path))
    guard !jobs.isEmpty else { return self }
    let order = Dictionary(
      uniqueKeysWithValues: jobs.sorted().enumerated().map { ($1, $0 + 1) })
    func owner(_ task: TaskPath) -> TaskPath {
      var task = task
      while jobs.contains(task), task.ordinals.count > 1 {
        task = TaskPath(ordinals: Array(task.ordinals.dropLast()))
      }
      return task
    }
    func shown(_ name: StepName) -> StepName {
      guard let number = order[name.task] else { return name }
      var name = name
      // Beyond what the task's own steps are numbered by, so that each stays one of its own.
      name.ordinal += number * Self.jobOrdinals
      name.task = owner(name.task)
      return name
    }
    var told = self
    for index in told.steps.indices { told.steps[index].name = shown(steps[index].name) }
    for index in told.deviations.indices {
      told.deviations[index].picked = shown(deviations[index].picked)
      told.deviations[index].passedOver = shown(deviations[index].passedOver)
    }
    told.tasks.removeAll { $0.isJob }
    if let cancellation {
      told.cancellation?.task = owner(cancellation.task)
      told.cancellation?.after = shown(cancellation.after)
    }
    return told
  }

  /// No task has so many steps.
  private static let jobOrdinals = 1 << 40

  /// Where a step is that goes on in no line of the program: where its task was made, or else
  /// where that had gone on last.
  func nearestPlace(ofStep index: Int) -> Place? {
    let step = steps[index]
    if let place = step.place { return place }
    let earlier = steps[..<index].lazy.reversed().filter { $0.name.task == step.name.task }
    return earlier.compactMap(\.place).first
      ?? tasks.first { $0.path == step.name.task }?.madeAt
  }
}

extension Interleaving.Event {
  /// `cancels task 0.1 at Bank.swift:12, which had ended`.
  ///
  /// - Parameter step: The index of the step that did it.
  func words(_ names: PlaceNames, ofStep step: Int, in interleaving: Interleaving) -> String {
    let whom = task.map { "task \($0)" } ?? "a task"
    let at = place.map { " at \(names.name($0))" } ?? ""
    switch kind {
    case .cancelled:
      let remark = detail.isEmpty ? interleaving.answer(of: task, after: step) : detail
      return "cancels \(whom)\(at)" + (remark.isEmpty ? "" : ", \(remark)")
    case .asked: return "asks whether it is cancelled\(at): it is"
    case .threw: return "ends by throwing \(detail)"
    case .resumed: return "resumes \(whom)\(at)"
    case .dropped: return "drops the continuation of \(whom)\(at)"
    case .locked: return "takes lock \(detail)\(at)"
    case .finished: return "finishes a stream\(at)"
    case .wokenFromOutside: return "let go on by \(detail.isEmpty ? "a thread" : detail)\(at)"
    case .talkedToOutside: return "talks to the outside\(at)"
    }
  }
}

extension Interleaving {
  /// Whether a task that was cancelled has noticed.
  fileprivate func answer(of task: TaskPath?, after step: Int) -> String {
    guard let task else { return "" }
    let noticed = steps.indices.dropFirst(step).first { index in
      steps[index].name.task == task
        && steps[index].events.contains { $0.kind == .asked || $0.kind == .threw }
    }
    if let noticed { return noticed == step ? "" : "which notices in step \(noticed + 1)" }
    let isWoken = steps[step].events.contains { $0.kind == .resumed && $0.task == task }
    let goesOn = steps[step...].dropFirst().contains { $0.name.task == task }
    return isWoken ? "" : goesOn ? "which never asks" : "which does not run again"
  }
}

extension Interleaving {
  /// What others than the run brought about: a sentence for each step that came when one of them let
  /// its task go on, and for each in which a task talked to them.
  var outsideSentences: [String] {
    let names = PlaceNames(self)
    return steps.indices.flatMap { index in
      steps[index].events.compactMap { event in
        let at = event.place.map { " at \(names.name($0))" } ?? ""
        let (step, task) = ("step\u{A0}\(index + 1)", "task\u{A0}\(steps[index].name.task)")
        switch event.kind {
        case .wokenFromOutside:
          let who = event.detail.isEmpty ? "a thread that the run does not control" : event.detail
          return "\(step) of \(task) came when \(who) let it go on\(at)"
        case .talkedToOutside:
          return "in \(step), \(task) talked to the outside\(at): what it was told is not the run's"
        default: return nil
        }
      }
    }
  }
}
