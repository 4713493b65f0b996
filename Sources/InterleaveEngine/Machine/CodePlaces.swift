import CInterleave

/// Numbers for places in code, in the order in which a run asks for them.
///
/// Addresses differ from process to process, and offsets in an image from build to
/// build. The order in which places are met is the program's own: the same choices
/// give the same numbers, so that a seed carries over to the next build.
struct CodePlaces {
  private let numbers = AddressTable()

  func deallocate() { numbers.deallocate() }

  /// Forgets all places; the next one is the first.
  func removeAll() { numbers.removeAll() }

  /// The number of the place at an address, from 1 on.
  @inline(__always)
  func number(of address: UInt) -> UInt64 {
    if let number = numbers[address] { return UInt64(number) }
    let number = numbers.count + 1
    numbers.set(address, to: number)
    return UInt64(number)
  }
}

extension Machine {
  /// Where an enabled step goes on; for a new task's, where and with what it was made.
  ///
  /// It is looked up once for each job that waits.
  @inline(__always)
  func placeOfEnabled(at index: Int) -> UInt64 {
    let job = job(of: enabled.known(at: index))
    if job.pointee.place == 0 { job.pointee.place = place(of: job) }
    return job.pointee.place
  }

  private func place(of job: UnsafeMutablePointer<WaitingJob>) -> UInt64 {
    guard job.pointee.reason == .created else {
      return codePlaces.number(of: UInt(bitPattern: job.pointee.ready.resume))
    }
    let task = tasks.pointer(at: Int(job.pointee.task))
    return mix(
      mix(codePlaces.number(of: task.pointee.site), 2), codePlaces.number(of: task.pointee.entry))
  }

  /// Where an enabled step goes on, as ``placeOfEnabled(at:)`` has it, by addresses.
  @inline(__always)
  func codeOfEnabled(at index: Int) -> UInt64 {
    let job = job(of: enabled.known(at: index))
    return job.pointee.reason == .created
      ? codeOfBeginning(ofTask: Int(job.pointee.task))
      : UInt64(UInt(bitPattern: job.pointee.ready.resume))
  }

  /// What ``codeOfEnabled(at:)`` was for a step that has run.
  @inline(__always)
  func codeOfStep(at index: Int) -> UInt64 {
    let step = steps[index]
    return step.reason == .created ? codeOfBeginning(ofTask: Int(step.task)) : UInt64(step.resume)
  }

  private func codeOfBeginning(ofTask number: Int) -> UInt64 {
    let task = tasks.pointer(at: number)
    return mix(UInt64(task.pointee.site), UInt64(task.pointee.entry))
  }
}
