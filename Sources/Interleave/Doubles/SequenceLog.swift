/// What a sequence double has delivered, and what it still has.
struct SequenceLog<Element: Sendable, Failure: Error>: Sendable {
  /// What a consumer gets.
  enum Served: Sendable {
    case element(Element)
    case end
    case failure(Failure)

    func value() throws(Failure) -> Element? {
      switch self {
      case .element(let element): return element
      case .end: return nil
      case .failure(let error): throw error
      }
    }

    /// `prices -> 3`.
    func words(of name: String) -> String {
      switch self {
      case .element(let element): "\(name) -> \(SwiftLiteral.describe(element))"
      case .end: "\(name) ended"
      case .failure(let error): "\(name) threw \(SwiftLiteral.describe(error))"
      }
    }
  }

  var buffering: StubBuffering
  var buffer: [Element] = []
  /// What comes after the buffer; nil while more may be sent.
  var end: Result<Void, Failure>?
  var received: [Element] = []
  var dropped: [Element] = []
  /// A consumer has got the end, or the error.
  var hasEnded = false
  var wasCancelled = false
  /// How many consumers wait.
  var consumers = 0
  private var numbers = 0
  private var served: [Int: Served] = [:]

  init(buffering: StubBuffering) {
    self.buffering = buffering
  }

  mutating func send(_ element: Element) {
    guard end == nil else { return dropped.append(element) }
    buffer.append(element)
    // Those who wait take theirs at once.
    let (limit, overflow) = buffering.limit.addingReportingOverflow(consumers)
    guard !overflow, buffer.count > limit else { return }
    switch buffering {
    case .unbounded: break
    case .oldest: dropped.append(buffer.removeLast())
    case .newest: dropped.append(buffer.removeFirst())
    }
  }

  /// Ends at once, with all that is in the buffer lost.
  mutating func breakOff(with error: Failure) {
    dropped += buffer
    buffer = []
    if end == nil || !hasEnded { end = .failure(error) }
  }

  mutating func beginConsumer() -> Int {
    numbers += 1
    consumers += 1
    return numbers
  }

  /// Sets something aside for a consumer.
  ///
  /// - Returns: There was something.
  mutating func serve(_ consumer: Int) -> Bool {
    if !buffer.isEmpty {
      let element = buffer.removeFirst()
      received.append(element)
      served[consumer] = .element(element)
    } else if hasEnded {
      // An error is thrown once; what follows it is the end.
      served[consumer] = .end
    } else if let end {
      hasEnded = true
      if case .failure(let error) = end { served[consumer] = .failure(error) }
      if case .success = end { served[consumer] = .end }
    } else {
      return false
    }
    consumers -= 1
    return true
  }

  mutating func take(_ consumer: Int) -> Served {
    guard let served = served.removeValue(forKey: consumer) else {
      preconditionFailure("a consumer that goes on was served")
    }
    return served
  }

  /// A consumer was cancelled: that is the end for it, as with `AsyncStream`.
  mutating func cancel() {
    consumers -= 1
    wasCancelled = true
  }
}
