import InterleaveEngine

/// The processes that run shares of the schedules, seen from the one that puts them together.
final class Workers {
  /// What is known of a share.
  enum Answer {
    case log(ShareLog)
    /// It has to be run again here; what ran it was killed, or met what it cannot tell.
    case lost(wasKilled: Bool)
    /// There is nothing to wait for any more.
    case cancelled
  }

  private let board: WorkBoard
  private var children: [RunningChild]
  private var running: Set<Int>
  private var logs: [Int: ShareLog] = [:]
  private var lost: Set<Int> = []

  /// Starts workers.
  ///
  /// - Parameters:
  ///   - count: How many, at least 1.
  ///   - shares: The numbers of the shares that may be run.
  ///   - start: Starts the worker with a number, from 0.
  /// - Returns: Nil where the system allows for no other process.
  init?(_ count: Int, shares: Range<Int>, start: (Int, WorkBoard) -> RunningChild?) {
    guard let board = WorkBoard(workers: count, first: shares.lowerBound) else { return nil }
    board.limit = shares.upperBound
    self.board = board
    children = (0..<min(count, shares.count)).compactMap { start($0, board) }
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
        return log.isBroken ? .lost(wasKilled: false) : .log(log)
      }
      if lost.contains(number) || running.isEmpty { return .lost(wasKilled: true) }
      guard mayWait() else { return .cancelled }
      receive(for: 50)
    }
  }

  private func receive(for milliseconds: Int) {
    RunningChild.wait(for: children, milliseconds: milliseconds)
    for worker in running.sorted() {
      let child = children[worker]
      while let bytes = child.takeMessage() {
        let log = ShareLog(bytes)
        logs[log.number] = log
      }
      guard child.hasEnded else { continue }
      if let number = board.current(of: worker) { lost.insert(number) }
      forget(worker)
    }
  }

  /// A child has ended, or is to.
  private func forget(_ worker: Int) {
    children[worker].end(isKilled: true)
    running.remove(worker)
  }

  /// Lets the runs that go on come to their end, and ends all workers.
  func stop() {
    board.limit = 0
    var patience = 20
    while !running.isEmpty, patience > 0 {
      receive(for: 50)
      patience -= 1
    }
    for worker in running { forget(worker) }
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
