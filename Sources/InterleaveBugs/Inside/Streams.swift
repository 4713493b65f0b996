extension BugProgram {
  /// A stream is read, finished, or left between two things that its producer does.
  static let streams = [yieldedWhenFinished, emptiedBetween, lateTermination]

  /// A stream is finished after its producer has asked whether it is open, and before it yields.
  private static let yieldedWhenFinished = BugProgram(
    "inside_yieldedwhenfinished", depth: 2, need: .before
  ) { isMended in
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let isOpen = Locked(true)
    let accepted = Locked(0)
    await both(
      {
        if isMended {
          isOpen { isOpen in
            guard isOpen else { return }
            accepted { $0 += 1 }
            continuation.yield(1)
          }
        } else if isOpen.get() {
          accepted { $0 += 1 }
          continuation.yield(1)
        }
      },
      {
        isOpen.set(false)
        continuation.finish()
      })
    var received = 0
    for await _ in stream { received += 1 }
    try check(received == accepted.get(), "an element was accepted that never came")
  }

  /// A reader empties the buffer between two yields, of which it is taken to see only the last.
  private static let emptiedBetween = BugProgram("inside_emptiedbetween", depth: 2, need: .before) {
    isMended in
    let (stream, continuation) = AsyncStream<Int>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let reader = Task {
      var seen: [Int] = []
      for await element in stream { seen.append(element) }
      return seen
    }
    await Task.yield()
    // The first may be taken by who waits already.
    continuation.yield(1)
    if !isMended { continuation.yield(2) }
    continuation.yield(3)
    continuation.finish()
    let seen = await reader.value
    try check(!seen.contains(2), "the reader saw \(seen)")
  }

  /// What is to be done when a stream ends is said when its reader has left already.
  private static let lateTermination = BugProgram(
    "inside_latetermination", depth: 2, need: .before
  ) { isMended in
    let (stream, continuation) = AsyncStream<Int>.makeStream()
    let isTidy = Locked(false)
    if isMended { continuation.onTermination = { _ in isTidy.set(true) } }
    let reader = Task { for await _ in stream {} }
    reader.cancel()
    if !isMended { continuation.onTermination = { _ in isTidy.set(true) } }
    await reader.value
    try check(isTidy.get(), "nobody tidied up after the reader")
  }
}
