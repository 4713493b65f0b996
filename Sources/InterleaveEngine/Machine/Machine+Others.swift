import CInterleave

/// How long a run waits for others before it goes on without them.
package enum Patience: Sendable {
  /// The grace, but where it was of no use before.
  case ordinary
  /// As long as others took so far: what comes of such a run is to be confirmed.
  case hasty
  /// The grace wherever anybody may still do something for the run.
  case careful
}

/// What runs have shown of those who work for them outside of their control.
struct Acquaintance {
  /// Where work was handed over that was waited for in vain.
  var idleErrands: Set<UInt> = []
  /// Where tasks waited for others in vain.
  var idleWaits: Set<UInt64> = []
  /// The longest time in which somebody let a task go on that was waited for.
  var longestAnswer: Int64 = 0
}

/// Waiting for others: threads, queues and processes that the run does not control.
extension Machine {
  /// What a shorter wait lasts at least.
  private static let shortestWait: Int64 = 20_000_000

  private var shortWait: Int64 {
    let (longest, overflow) = acquaintance.longestAnswer.multipliedReportingOverflow(by: 4)
    return min(settings.foreignGrace, overflow ? .max : max(Self.shortestWait, longest))
  }

  /// The run went on although somebody may only have been late to do something for it.
  package var wasHasty: Bool { progress.wasHasty }

  /// There are threads that could do something for the run, or that have for another one.
  @inline(__always) private var knowsOthers: Bool {
    hasEscapes || il_foreign_threads() > 0 || !callers.isEmpty
  }

  // MARK: Nothing can run any more

  /// Waits for others at a standstill, where one of them may let a task go on.
  ///
  /// - Returns: Somebody has.
  func waitsAtStandstill() -> Bool {
    // A thread that no run has made may be any other test's.
    let isSurrounded = hasEscapes || il_threads_of_runs() > 0 || !callers.isEmpty
    let grace = isSurrounded ? settings.foreignGrace : settings.quietGrace
    guard grace > 0 else { return false }
    let blocked = blockedTasks()
    guard !blocked.isEmpty else { return hasEscapes && waitForAnswer(grace) }
    guard !Diagnosis.isCertain(blocked) else { return false }
    let place = blocked.reduce(UInt64(0)) { $0 &+ mix(UInt64(resume(of: $1.index)), 7) }
    let isLong =
      settings.patience == .careful
      || settings.patience == .ordinary && !acquaintance.idleWaits.contains(place)
    // Threads of a parent are not there in its child: it is the parent that must be sure.
    let isAlone = il_is_child() && !hasEscapes
    if !isLong || isAlone {
      let isVain = isAlone || !isSurrounded
      let limit = isVain ? 0 : errands(before: .max).isEmpty ? min(shortWait, grace) : grace
      if waitForAnswer(limit) { return true }
      progress.wasHasty = true
      return false
    }
    if waitForAnswer(grace) { return true }
    acquaintance.idleWaits.insert(place)
    return false
  }

  private func waitForAnswer(_ limit: Int64) -> Bool {
    let began = il_real_time()
    guard il_wait_foreign(session, limit, false) else { return false }
    acquaintance.longestAnswer = max(acquaintance.longestAnswer, il_real_time() - began)
    return true
  }

  // MARK: Nothing but timers can go on

  /// Holds virtual time while somebody is known to work for the run, so that no timer fires
  /// before what would have come first.
  ///
  /// - Returns: A task may go on.
  func holdsTime() -> Bool {
    guard knowsOthers, settings.foreignGrace > 0 else { return false }
    let next = slots[Int(enabled[0].slot)].since
    guard isWorkedFor(before: next) else { return false }
    let began = il_real_time()
    var left = settings.foreignGrace
    while left > 0 {
      if il_wait_foreign(session, left, true) {
        if il_wait_foreign(session, 0, false) {
          acquaintance.longestAnswer = max(acquaintance.longestAnswer, il_real_time() - began)
          return true
        }
        guard isWorkedFor(before: next) else { return false }
      }
      left = settings.foreignGrace - (il_real_time() - began)
    }
    acquaintance.idleErrands.formUnion(errands(before: next))
    let waiting = waitingTasks
    acquaintance.idleWaits.formUnion(waiting.map { mix(UInt64(resume(of: $0)), 8) })
    progress.waitedFor += Int32(waiting.count)
    return false
  }

  private func isWorkedFor(before moment: Int64) -> Bool {
    let isCareful = settings.patience == .careful
    let errands = hasEscapes ? errands(before: moment) : []
    if errands.contains(where: { isCareful || !acquaintance.idleErrands.contains($0) }) {
      return true
    }
    if !errands.isEmpty { progress.wasHasty = true }
    // Who works for the run is known, and does so later.
    if errands.isEmpty, hasEscapes, !self.errands(before: .max).isEmpty { return false }
    let threads = il_foreign_threads()
    guard threads > 0 || !callers.isEmpty else { return false }
    let waiting = waitingTasks
    guard !waiting.isEmpty else { return false }
    let isExpected = waiting.contains { task in
      let resume = resume(of: task)
      return callers[resume] != nil && !acquaintance.idleWaits.contains(mix(UInt64(resume), 8))
    }
    // Each wait of a careful run is for tasks that were not waited for before.
    if isExpected || isCareful && waiting.count > Int(progress.waitedFor) { return true }
    if !isCareful { progress.wasHasty = true }
    return false
  }

  /// The places at which work was handed over that is to be done by a moment of virtual time.
  private func errands(before moment: Int64) -> [UInt] {
    let capacity = 64
    return withUnsafeTemporaryAllocation(of: il_errand_note.self, capacity: capacity) { notes in
      guard let base = notes.baseAddress else { return [] }
      let count = il_errands(session, base, capacity)
      return notes.prefix(count).filter { $0.due <= moment }.map(\.site)
    }
  }

  /// The tasks that wait for what somebody outside of the run may bring about.
  private var waitingTasks: [Int] {
    liveTasks.filter { task in
      guard !tasks[task].isReady, sleepEnd(of: task) == nil else { return false }
      switch wait(of: task) {
      case .continuation(let isLost): return !isLost
      case .unknown: return true
      case .task, .group: return false
      }
    }
  }

  private func resume(of task: Int) -> UInt {
    tasks[task].record.map { UInt(bitPattern: il_task_resume($0)) } ?? 0
  }
}
