@testable import InterleaveEngine

/// A queue and a list by themselves, and not among what belongs to a machine.
extension RunQueue {
  init(sideBySide: Int) { self.init(at: alone(State(sideBySide: sideBySide))) }

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
  init(of queue: EnabledJobs) { self.init(at: alone(State(of: queue))) }

  func deallocate() {
    state.pointee.deallocate()
    state.deallocate()
  }
}

private func alone<State>(_ state: State) -> UnsafeMutablePointer<State> {
  let place = UnsafeMutablePointer<State>.allocate(capacity: 1)
  place.initialize(to: state)
  return place
}
