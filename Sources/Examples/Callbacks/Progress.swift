import Dispatch

/// Works on all cores, and adds up how much was done.
///
/// Reading the sum and writing it are each behind a lock, and an iteration between the two of another
/// one is lost.
enum ProgressExample {
  static func run(isMended: Bool) async throws {
    let done = Tally()
    async let other: Void = Task.yield()
    DispatchQueue.concurrentPerform(iterations: 3) { _ in
      if isMended { done.add(1) } else { done.total += 1 }
    }
    await other
    try expect(done.total == 3, "all work that is done counts")
  }
}
