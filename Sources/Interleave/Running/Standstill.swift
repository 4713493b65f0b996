import InterleaveEngine

/// Says why a run did not come to its end, and where its tasks are.
struct Standstill {
  let machine: Machine
  private let checks: FuzzConfiguration.Checks
  private let isTornDown: Bool
  let symbolicator = Symbolicator.shared

  /// - Parameter isTornDown: A fixture's tear-down has ended in the run.
  init(_ machine: Machine, checks: FuzzConfiguration.Checks, isTornDown: Bool = false) {
    self.machine = machine
    self.checks = checks
    self.isTornDown = isTornDown
  }

  /// The failure that the end of a run stands for; nil if it is none, or one that
  /// is not to be checked.
  func failure(of end: RunEnd) -> RunFailure? {
    let failure: RunFailure?
    switch end {
    case .clean: failure = lostContinuations()
    case .stuck: failure = atPool() ?? atLocks() ?? stuck(Diagnosis(machine.blockedTasks()))
    case .stepLimit: failure = endless()
    case .timeLimit: failure = outOfTime()
    }
    guard var failure else { return nil }
    // What came later only showed that it was the pool.
    if failure.kind == .poolStarvation { return failure }
    let isEndless = end == .stepLimit || end == .timeLimit
    failure.steps = isEndless ? min(machine.stepCount, Self.lead) : machine.stepCount
    return failure
  }

  /// How many steps of an endless run are kept: it has entered its circle by then,
  /// and goes on in it without another deviation.
  private static let lead = 500

  // MARK: Kinds of standstill

  /// All tasks have ended, but a continuation was dropped on the way: its task
  /// went on by other means, or was never awaited.
  private func lostContinuations() -> RunFailure? {
    guard checks.contains(.leakedContinuations), machine.leakedContinuations > 0 else { return nil }
    return RunFailure(
      kind: .leakedContinuation, message: "a continuation was dropped without being resumed",
      place: "")
  }

  private func stuck(_ diagnosis: Diagnosis) -> RunFailure? {
    switch diagnosis {
    case .deadlock(let cycle):
      let lines = zip(cycle, cycle.dropFirst() + cycle.prefix(1)).map { task, next in
        "\(waiting(task)), which \(title(next)) would have to bring about"
      }
      return failure(
        .deadlock, "\(cycle.count) tasks wait for each other, so none can ever go on:", lines, cycle
      )
    case .lostWakeUp(let tasks):
      return failure(
        .lostWakeUp,
        "nothing is left that could run, and the body has not ended. Waiting for ever:",
        tasks.map(waiting), tasks)
    case .leakedContinuation(let tasks):
      guard checks.contains(.leakedContinuations) else { return nil }
      return failure(
        .leakedContinuation,
        isTornDown
          ? "after tear-down, it shows that a continuation was dropped without being resumed:"
          : "the body has ended, but a continuation was dropped without being resumed:",
        tasks.map(waiting), tasks)
    case .leakedTask(let tasks):
      guard checks.contains(.leakedTasks) else { return nil }
      return failure(
        .leakedTask, ended("are still waiting:"),
        tasks.map { waiting($0) + made($0) } + actors(), tasks)
    }
  }

  /// Steps wait for locks that nobody gives back.
  private func atLocks() -> RunFailure? {
    let waits = LockWaits(machine)
    guard !waits.isEmpty else { return nil }
    let places = waits.sites.map { place(.afterCall($0)) }
    let circle = waits.circle
    let tasks = circle ?? waits.tasks
    let lines = tasks.map { task in
      waits.wait(of: task).map(waitingForLock) ?? waiting(task)
    }
    let what = waits.areForLocks ? "a lock is not given back" : "a thread does not end"
    let message =
      circle == nil
      ? "nothing is left that could run, since \(what):"
      : "\(tasks.count) tasks wait for each other, so none can ever go on:"
    let live = machine.liveTasks
    if circle == nil, live.allSatisfy({ machine.thread(ofTask: $0) != nil }) {
      guard checks.contains(.leakedTasks) else { return nil }
      return RunFailure(
        kind: .leakedTask,
        message: ([ended("are still waiting:")] + lines.map { "* \($0)" }).joined(separator: "\n"),
        place: Set(places).sorted().joined(separator: ", "))
    }
    let text = ([message] + lines.map { "* \($0)" }).joined(separator: "\n")
    return RunFailure(
      kind: circle == nil ? .lostWakeUp : .deadlock, message: text,
      place: Set(places).sorted().joined(separator: ", "))
  }

  private func waitingForLock(_ wait: LockWait) -> String {
    let call = wait.call.map { "`\($0)`, in " } ?? ""
    let waiting = "\(title(wait.task)) waits in \(call)\(place(.afterCall(wait.site)))"
    guard let holder = wait.holder else { return "\(waiting) for somebody to let it go on" }
    if wait.isForEnd { return "\(waiting) for \(title(holder)) to end" }
    let since = wait.heldSince == 0 ? "" : ", since \(place(.afterCall(wait.heldSince)))"
    return "\(waiting) for a lock that \(title(holder)) holds\(since)"
  }

  private func endless() -> RunFailure? {
    let live = machine.liveTasks.filter { !machine.mayLeak($0) }
    if !live.contains(0) {
      guard checks.contains(.leakedTasks) else { return nil }
      return failure(
        .leakedTask, ended("go on and on:"),
        live.map { running($0) + made($0) } + actors(), live)
    }
    guard checks.contains(.livelocks) else { return nil }
    let recent = machine.recentSteps(3_000)
    let cycle = repeatedPattern(in: recent).map { Array(recent.suffix($0)) } ?? []
    var lines = cycle.prefix(12).map { step in
      "task \(machine.path(ofTask: step.task)) in \(place(.start(step.resume)))"
    }
    if cycle.count > 12 { lines.append("and \(cycle.count - 12) more steps") }
    lines += polls(in: cycle)
    let turning = lines.isEmpty ? "" : " In the end it turned in this circle:"
    return failure(
      .livelock,
      "the run had not ended after \(machine.stepCount) steps "
        + "(`stepLimit` sets the bound).\(turning)",
      lines, Array(Set(cycle.map(\.task))).sorted())
  }

  /// What each task polls that turns in a circle: the actors that it comes to.
  private func polls(in cycle: [Machine.Turn]) -> [String] {
    let namer = StepNamer(machine)
    return Set(cycle.map(\.task)).sorted().compactMap { task in
      let own = cycle.filter { $0.task == task }
      var actors: [String] = []
      for turn in own where turn.executor > 0 {
        let name = namer.executorName(turn.executor)
        if !name.isEmpty, !actors.contains(name) { actors.append(name) }
      }
      guard !actors.isEmpty else { return nil }
      return "\(title(task)) polls \(actors.joined(separator: ", "))"
    }
  }

  /// The actors that the run made and that are still there, which is to say: held by a task
  /// that leaked, or by what outlives the run.
  private func actors() -> [String] {
    guard checks.contains(.leakedActors) else { return [] }
    let names = machine.livingActors.map { TypeName.short(Takeover.typeName($0)) }
    guard !names.isEmpty else { return [] }
    let counts = Dictionary(grouping: names) { $0 }.mapValues(\.count)
    let words = counts.sorted { $0.key < $1.key }.map { name, count in
      count == 1 ? name : "\(count) of \(name)"
    }
    return ["they keep alive what the body made: \(words.joined(separator: ", "))"]
  }

  /// Virtual time is at its limit, and what is left sleeps beyond it.
  private func outOfTime() -> RunFailure? {
    let live = machine.liveTasks.filter { $0 == 0 || !machine.mayLeak($0) }
    let limit = Duration.nanoseconds(machine.settings.timeLimit).spelledOut
    if !live.contains(0) {
      guard checks.contains(.leakedTasks) else { return nil }
      return failure(
        .leakedTask, ended("go on past `timeLimit`, \(limit) of virtual time:"),
        live.map { waiting($0) + made($0) } + actors(), live)
    }
    guard checks.contains(.livelocks) else { return nil }
    return failure(
      .livelock,
      "the run had not ended after \(limit) of virtual time, which is its `timeLimit`. "
        + "Waiting then:",
      live.map(waiting), live)
  }

  // MARK: Words

  /// What tasks do that are left when all has ended.
  private func ended(_ what: String) -> String {
    isTornDown
      ? "after tear-down, tasks of the run \(what)"
      : "the body has ended, but tasks that it made \(what)"
  }

  /// What is left after the body, whether or not it would come to its end: a line for each task,
  /// and one for continuations that were dropped.
  func leftovers(after end: RunEnd) -> [String] {
    let live = machine.liveTasks.filter { !machine.mayLeak($0) }
    let tasks = live.map { task in
      let goesOn = "\(title(task)) goes on and on in \(stack(task))"
      return (end == .stepLimit ? goesOn : waiting(task)) + made(task)
    }
    let known = live.count { machine.wait(of: $0) == .continuation(isLost: true) }
    let dropped = machine.leakedContinuations - known
    guard dropped > 0 else { return tasks }
    return tasks + [
      dropped == 1
        ? "a continuation was dropped without being resumed"
        : "\(dropped) continuations were dropped without being resumed"
    ]
  }

  private func failure(
    _ kind: FuzzFailure.Kind, _ message: String, _ lines: [String], _ tasks: [Int]
  ) -> RunFailure {
    let text = ([message] + lines.map { "* \($0)" }).joined(separator: "\n")
    // Other tasks may do the waiting in another run: what matters is where.
    let places = Set(tasks.map { place(innermost($0)) }).sorted()
    return RunFailure(kind: kind, message: text, place: places.joined(separator: ", "))
  }

  func title(_ task: Int) -> String {
    let title = "task \(machine.path(ofTask: task))"
    guard let thread = machine.thread(ofTask: task) else { return title }
    let name = thread.name.isEmpty ? "" : " `\(thread.name)`"
    return "\(title), thread \(thread.number)\(name),"
  }

  private func waiting(_ task: Int) -> String {
    let what =
      switch machine.wait(of: task) {
      case .task(let other): "for the result of \(title(other))"
      case .group(let children):
        "for its child tasks \(children.map { "\(machine.path(ofTask: $0))" }.joined(separator: ", "))"
      case .continuation(isLost: true): "for a continuation that nobody holds any more"
      case .continuation(isLost: false): wake(of: task)
      case .unknown: "for something that cannot be told"
      }
    return "\(title(task)) waits in \(stack(task)) \(what)"
  }

  /// What would resume the continuation that a task waits for.
  private func wake(of task: Int) -> String {
    if let end = machine.sleepEnd(of: task) {
      return "until \(Duration.nanoseconds(end).spelledOut) of virtual time have passed"
    }
    let frames = symbolicator.places(of: machine.backtrace(of: task).map { .start($0) })
    return frames.contains {
      $0.isOwn && $0.function.hasSuffix("VirtualClock.sleep(until:tolerance:)")
    }
      ? "for its `VirtualClock` to be advanced" : "for a continuation to be resumed"
  }

  private func running(_ task: Int) -> String {
    "\(title(task)) was last in \(place(.start(machine.inspectTask(task).lastResume)))"
  }

  func made(_ task: Int) -> String {
    let maker = StepNamer(machine).maker(of: machine.inspectTask(task))
    return maker.map { "; it was made in \($0.words)" } ?? ""
  }

  /// The innermost frame of a suspended task that is the user's own code, and the
  /// function that called it.
  private func stack(_ task: Int) -> String {
    let inner = symbolicator.place(of: innermost(task))
    let frames = symbolicator.places(of: machine.backtrace(of: task).map { .start($0) })
      .filter { $0.isUsers && !$0.function.isEmpty }
    let caller = frames.drop { $0 != inner }.first { $0.function != inner.function }
    return inner.words + (caller.map { ", called by \($0.words)," } ?? "")
  }

  /// The innermost frame of a suspended task that is the user's own code.
  private func innermost(_ task: Int) -> CodeAddress {
    let frames = machine.backtrace(of: task).map { CodeAddress.start($0) }
    return frames.first { symbolicator.place(of: $0).isUsers }
      ?? frames.first { symbolicator.place(of: $0).place != nil }
      ?? .start(machine.inspectTask(task).lastResume)
  }

  func place(_ address: CodeAddress) -> String {
    symbolicator.place(of: address).words
  }
}
