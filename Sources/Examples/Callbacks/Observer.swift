import Dispatch
import Foundation

/// A value that tells its observers when it changes.
///
/// It takes those who are to be told behind its lock, and tells them without it, so that they may
/// use it. Who removes itself meanwhile is told afterwards, when it is no longer there. Where both
/// are done on one queue, it is not.
private final class Observable: @unchecked Sendable {
  private let queue = DispatchQueue(label: "observers")
  private let lock = NSLock()
  private var observers: [Int: @Sendable (Int) -> Void] = [:]
  private let isMended: Bool

  init(isMended: Bool) { self.isMended = isMended }

  func add(_ key: Int, _ observer: @escaping @Sendable (Int) -> Void) {
    lock.withLock { observers[key] = observer }
  }

  /// Returns once it is told nothing more.
  func remove(_ key: Int) {
    inTurn { lock.withLock { observers[key] = nil } }
  }

  func set(_ value: Int) {
    inTurn {
      let told = lock.withLock { Array(observers.values) }
      for observer in told { observer(value) }
    }
  }

  private func inTurn(_ body: () -> Void) {
    if isMended { queue.sync(execute: body) } else { body() }
  }
}

/// A view goes away while what it shows changes.
enum ObserverExample {
  static func run(isMended: Bool) async throws {
    let temperature = Observable(isMended: isMended)
    let isShown = Tally()
    let toldTooLate = Tally()
    isShown.total = 1
    temperature.add(1) { _ in
      if isShown.total == 0 { toldTooLate.add(1) }
    }
    let changes = DispatchGroup()
    DispatchQueue.global().async(group: changes) { temperature.set(20) }
    DispatchQueue.global().async(group: changes) {
      temperature.remove(1)
      isShown.total = 0
    }
    await withCheckedContinuation { continuation in
      changes.notify(queue: .global()) { continuation.resume() }
    }
    try expect(toldTooLate.total == 0, "nobody is told anything after it was removed")
  }
}
