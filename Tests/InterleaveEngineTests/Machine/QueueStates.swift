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

  func add(_ slot: Int32, _ new: Job) {
    let job = register(slot, new)
    add(slot, job, to: mailbox(of: job))
  }

  func take(_ slot: Int32, hint: Int) {
    let job = jobs.pointer(at: Int(slot))
    take(slot, job, of: mailbox(of: job), hint: hint)
  }

  func beginStep(_ slot: Int32, at clock: Int) {
    let job = jobs.pointer(at: Int(slot))
    beginStep(slot, job, of: mailbox(of: job), at: clock)
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
