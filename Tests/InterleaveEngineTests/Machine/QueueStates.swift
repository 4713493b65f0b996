@testable import InterleaveEngine

/// A queue and a list by themselves, and not among what belongs to a machine.
extension RunQueue {
  init(sideBySide: Int) {
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    state.initialize(to: State(sideBySide: sideBySide))
    self.init(at: state)
  }

  func deallocate() {
    state.pointee.deallocate()
    state.deallocate()
  }

  func take(_ slot: Int32, hint: Int) { take(slot, jobs.pointer(at: Int(slot)), hint: hint) }

  func beginStep(_ slot: Int32, at clock: Int) {
    beginStep(slot, jobs.pointer(at: Int(slot)), at: clock)
  }
}

extension EnabledList {
  init(of queue: EnabledJobs) {
    let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    state.initialize(to: State(of: queue))
    self.init(at: state)
  }

  func deallocate() {
    state.pointee.deallocate()
    state.deallocate()
  }
}
