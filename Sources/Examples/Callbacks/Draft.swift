import Dispatch
import Foundation

/// Saves what was typed once nobody has typed for a moment, by a timer that is set anew each time.
///
/// When it is closed, it saves what is left. But the timer's handler may be amid saving: it has
/// taken what there was before, and writes that last. Where closing waits for the queue of the
/// timer, no handler is amid anything.
private final class Draft: @unchecked Sendable {
  private let lock = NSLock()
  private let queue = DispatchQueue(label: "saving")
  private let timer: any DispatchSourceTimer
  private var text = ""
  private var copy = ""
  private let isMended: Bool

  init(isMended: Bool) {
    self.isMended = isMended
    timer = DispatchSource.makeTimerSource(queue: queue)
    timer.setEventHandler { [unowned self] in save() }
    timer.activate()
  }

  var saved: String { lock.withLock { copy } }

  func type(_ word: String) {
    lock.withLock { text += word }
    timer.schedule(deadline: .now() + .milliseconds(5))
  }

  func close() {
    timer.cancel()
    if isMended { queue.sync { save() } } else { save() }
  }

  private func save() {
    let current = lock.withLock { text }
    lock.withLock { copy = current }
  }
}

/// Somebody types, and closes the window.
enum DraftExample {
  static func run(isMended: Bool) async throws {
    let draft = Draft(isMended: isMended)
    draft.type("a")
    try await Task.sleep(for: .milliseconds(4))
    draft.type("b")
    draft.close()
    try await Task.sleep(for: .seconds(1))
    try expect(draft.saved == "ab", "what was typed last is saved last")
  }
}
