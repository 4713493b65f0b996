// Isolation: what goes from a process to another: packed values, workers, and the journal of a
// process that may be ended.

import InterleaveEngine

/// The processes that run shares of the schedules, seen from the one that puts them together.
final class Workers {
  /// What is known of a share.
  enum Answer {
    case log(ShareLog)
    /// It has to be run here: who ran it did not come to its end, or met what it cannot tell.
    case lost
    /// There is nothing to wait for any more.
    case cancelled
  }

  private let board: WorkBoard
  private let start: (Int, WorkBoard) -> RunningChild?
  private var children: [RunningChild] = []
  private var running: Set<Int> = []
  private var logs: [Int: ShareLog] = [:]
  /// The shares of which all was told, and those of which nothing will be.
  private var told: Set<Int> = []
  private var lost: Set<Int> = []
  /// A child was killed.
  private(set) var hasLostChild = false
  /// How many more children may be started in place of others.
  ///
  /// One that was forked while some thread held a lock of the runtime's may stand still; the
  /// next one finds the lock free.
  private var replacements = 50

  /// Starts workers.
  ///
  /// - Parameters:
  ///   - count: How many, at least 1.
  ///   - shares: The numbers of the shares that may be run.
  ///   - start: Starts the worker with a number, from 0.
  /// - Returns: Nil where the system allows for no other process.
  init?(_ count: Int, shares: Range<Int>, start: @escaping (Int, WorkBoard) -> RunningChild?) {
    guard let board = WorkBoard(workers: count, first: shares.lowerBound) else { return nil }
    board.limit = shares.upperBound
    self.board = board
    self.start = start
    for worker in 0..<min(count, shares.count) {
      guard let child = start(worker, board) else { break }
      children.append(child)
    }
    running = Set(children.indices)
    if children.isEmpty { return nil }
  }

  /// Waits for what a share came to.
  ///
  /// - Parameters:
  ///   - number: The number of the share, greater than any that was asked for before.
  ///   - mayWait: Is asked now and then whether to go on.
  func wait(for number: Int, while mayWait: () -> Bool) -> Answer {
    while true {
      if let log = logs.removeValue(forKey: number) {
        return log.isBroken ? .lost : .log(log)
      }
      if lost.contains(number) || running.isEmpty { return .lost }
      guard mayWait() else { return .cancelled }
      receive(for: 50)
    }
  }

  /// Takes what workers have told, so that none of them has to wait until it is asked for.
  func takeIn() { receive(for: 0) }

  private func receive(for milliseconds: Int) {
    RunningChild.wait(for: children, milliseconds: milliseconds)
    for worker in running.sorted() {
      let child = children[worker]
      while let bytes = child.takeMessage() {
        let log = ShareLog(bytes)
        logs[log.number] = log
        told.insert(log.number)
      }
      guard child.hasEnded else { continue }
      running.remove(worker)
      let end = child.end(isKilled: false)
      if end == .killed { hasLostChild = true }
      var hasFinished = true
      if let number = board.current(of: worker), !told.contains(number) {
        lost.insert(number)
        hasFinished = false
      }
      if end == .lockedOut || !hasFinished { replace(worker) }
    }
  }

  private func replace(_ worker: Int) {
    guard replacements > 0, !hasLostChild, board.limit > 0 else { return }
    replacements -= 1
    guard let child = start(worker, board) else { return }
    children[worker] = child
    running.insert(worker)
  }

  /// Lets the runs that go on come to their end, and ends all workers.
  func stop() {
    board.limit = 0
    var patience = 20
    while !running.isEmpty, patience > 0 {
      receive(for: 50)
      patience -= 1
    }
    for worker in running { children[worker].end(isKilled: true) }
    running = []
    logs = [:]
  }
}

extension Workers {
  /// Why workers that were asked for would make no difference, for people; nil if they may.
  static func obstacle(in configuration: FuzzConfiguration) -> String? {
    guard configuration.workers > 1 else { return nil }
    let reason: String
    if configuration.isolation == .none {
      reason = "`isolation: .none` keeps all runs in this process"
    } else if configuration.strategy.makeLater == nil {
      reason =
        "the strategy `\(configuration.strategy.name)` is one that chooses all schedules by itself, "
        + "since it goes through them one after another or may learn from them all"
    } else {
      return nil
    }
    return "`workers: \(configuration.workers)` made no difference: \(reason)"
  }
}
