extension BugProgram {
  /// A task begins, or even ends, beside the rest of what its maker does.
  static let makings = [endedBeforeEntered, readBeforeSet, begunBeside, groupOutran]

  /// A task removes itself from a list before its maker has put it there, and stays for ever.
  private static let endedBeforeEntered = BugProgram(
    "inside_endedbeforeentered", depth: 1, need: .before
  ) { isMended in
    let running = Locked<Set<Int>>([])
    if isMended { running { _ = $0.insert(1) } }
    let task = Task { running { _ = $0.remove(1) } }
    if !isMended { running { _ = $0.insert(1) } }
    await task.value
    try check(running.get().isEmpty, "a task is listed that has ended")
  }

  /// An `async let` reads what its maker sets on the next line.
  private static let readBeforeSet = BugProgram("inside_readbeforeset", depth: 1, need: .before) {
    isMended in
    let setting = Locked(0)
    if isMended { setting.set(1) }
    async let seen = setting.get()
    if !isMended { setting.set(1) }
    try check(await seen == 1, "the setting was read before it was set")
  }

  /// A task that is made first is taken to do nothing before its maker waits for it.
  private static let begunBeside = BugProgram("inside_begunbeside", depth: 1, need: .before) {
    isMended in
    let log = Locked<[String]>([])
    if isMended { log { $0.append("maker") } }
    let task = Task { log { $0.append("task") } }
    if !isMended { log { $0.append("maker") } }
    await task.value
    try check(log.get() == ["maker", "task"], "the task came before its maker's next line")
  }

  /// A child ends before its maker has counted the next: the work is complete twice.
  private static let groupOutran = BugProgram("inside_groupoutran", depth: 1, need: .before) {
    isMended in
    let state = Locked((expected: isMended ? 2 : 0, ended: 0, completions: 0))
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        if !isMended { state { $0.expected += 1 } }
        group.addTask {
          state {
            $0.ended += 1
            if $0.ended == $0.expected { $0.completions += 1 }
          }
        }
      }
    }
    let completions = state.get().completions
    try check(completions == 1, "the work was complete \(completions) times")
  }
}
