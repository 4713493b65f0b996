/// A sequence double that may throw any error.
///
/// See ``TypedStubSequence`` for what it does.
public typealias StubSequence<Element: Sendable> = TypedStubSequence<Element, any Error>

/// A sequence double that does not throw.
///
/// See ``TypedStubSequence`` for what it does.
public typealias NonthrowingStubSequence<Element: Sendable> = TypedStubSequence<Element, Never>

/// Stands in for an async sequence: delivers elements, an error or the end when a test says so.
///
/// ```swift
/// let prices = StubSequence<Int>("prices", [3, 1])
/// let watcher = Task { try await watch(prices) }
/// prices.send(2)
/// prices.fail(Offline())
/// …
/// prices.expectReceived(3, 1, 2)
/// ```
///
/// Each element goes to one consumer. In a fuzzed run each `next()` is a scheduling point, which a
/// `latency` makes longer in virtual time, and which may throw one of the `faults`: that ends the
/// sequence. A consumer that is cancelled gets the end, and ``wasCancelled`` tells.
public final class TypedStubSequence<Element: Sendable, Failure: Error>: AsyncSequence, Sendable {
  /// What comes after the elements that a sequence is made with.
  public enum End: Sendable {
    /// Whatever is sent.
    case waits
    /// The end.
    case finishes
    /// An error.
    case fails(Failure)
  }

  /// What messages call it.
  public let name: String
  let monitor: Monitor<SequenceLog<Element, Failure>>
  private let latency: ClosedRange<Duration>
  private let faults: [Failure]

  /// Makes a sequence.
  ///
  /// - Parameters:
  ///   - name: What messages and reports call it.
  ///   - elements: What it delivers first.
  ///   - end: What comes after these.
  ///   - buffering: What becomes of elements that are sent before somebody asks for them.
  ///   - latency: How long it takes to deliver each, in a fuzzed run; not negative.
  ///   - faults: Errors with which it may end at any time, in a fuzzed run.
  public init(
    _ name: String, _ elements: [Element] = [], then end: End = .waits,
    buffering: StubBuffering = .unbounded, latency: ClosedRange<Duration> = .zero ... .zero,
    faults: [Failure] = []
  ) {
    precondition(
      latency.lowerBound >= .zero, "`latency` must not be negative (was \(latency.lowerBound))")
    precondition(buffering.limit >= 0, "a buffer must not be negative (was \(buffering.limit))")
    self.name = name
    self.latency = latency
    self.faults = faults
    var log = SequenceLog<Element, Failure>(buffering: buffering)
    log.buffer = elements
    switch end {
    case .waits: break
    case .finishes: log.end = .success(())
    case .fails(let error): log.end = .failure(error)
    }
    monitor = Monitor(log)
  }

  // MARK: Delivering

  /// Delivers an element to who waits for one, or else keeps it as the buffering says.
  ///
  /// After the end nothing is delivered any more: the element counts as dropped.
  public func send(_ element: Element) {
    monitor.withState { $0.send(element) }
  }

  /// Ends the sequence, after what is in the buffer.
  public func finish() {
    monitor.withState { $0.end = $0.end ?? .success(()) }
  }

  /// Ends the sequence with an error, after what is in the buffer.
  public func fail(_ error: Failure) {
    monitor.withState { $0.end = $0.end ?? .failure(error) }
  }

  /// Waits until consumers have asked for an element and none is there.
  ///
  /// - Parameter count: How many consumers wait; at least 1.
  /// - Throws: `CancellationError` if the task is cancelled meanwhile.
  public func waitForConsumers(_ count: Int = 1) async throws {
    guard await monitor.wait(until: { $0.consumers >= count }) else { throw CancellationError() }
  }

  // MARK: Consuming

  public func makeAsyncIterator() -> Iterator { Iterator(sequence: self) }

  /// Hands out the elements, one after the other.
  public struct Iterator: AsyncIteratorProtocol {
    let sequence: TypedStubSequence

    public mutating func next() async throws(Failure) -> Element? {
      try await next(isolation: nil)
    }

    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(Failure) -> Element? {
      try await sequence.next(isolation: actor)
    }
  }

  private func next(isolation: isolated (any Actor)?) async throws(Failure) -> Element? {
    let source = LiveRun.current?.doubles.source
    if let fault = source?.fault(among: faults.count) {
      monitor.withState { $0.breakOff(with: faults[fault]) }
    }
    let latency = source?.latency(in: latency) ?? .zero
    if latency > .zero {
      // A consumer that is cancelled is told so below.
      do { try await Task.sleep(for: latency) } catch {}
    } else {
      await schedulingPoint()
    }
    let consumer = monitor.withState { $0.beginConsumer() }
    let isServed = await monitor.wait(isolation: isolation) { $0.serve(consumer) }
    guard isServed else {
      monitor.withState { $0.cancel() }
      LiveRun.current?.note("\(name) cancelled")
      return nil
    }
    let served = monitor.withState { $0.take(consumer) }
    LiveRun.current?.note(served.words(of: name))
    return try served.value()
  }
}

/// What becomes of elements that are sent before somebody asks for them.
public enum StubBuffering: Sendable, Hashable {
  /// All are kept.
  case unbounded
  /// As many are kept, and later ones dropped; with 0, all that nobody waits for.
  case oldest(Int)
  /// The last ones are kept, and earlier ones dropped.
  case newest(Int)

  var limit: Int {
    switch self {
    case .unbounded: .max
    case .oldest(let count), .newest(let count): count
    }
  }
}
