// Waits for expectations of XCTest, within runs.
//
// XCTest waits in real time, on a thread of its own. In a run a task of the run waits instead, in
// virtual time, and is woken by the step that fulfills what it waits for.

#if os(Linux) && arch(x86_64)
  import InterleaveEngine
  import Synchronization

  /// What XCTest knows of an expectation, as far as a wait must know it.
  private struct ExpectationState {
    var description: String
    var isFulfilled: Bool
    var isInverted: Bool
    /// Grows from one that is fulfilled to the next.
    var token: UInt64

    /// Reads it.
    ///
    /// - Returns: Nil for one whose state lies elsewhere, or that has to be looked at in real time.
    init?(of expectation: AnyObject) {
      var mirror: Mirror? = Mirror(reflecting: expectation)
      while let one = mirror, String(reflecting: one.subjectType) != "XCTest.XCTestExpectation" {
        if String(reflecting: one.subjectType).hasPrefix("XCTest.") { return nil }
        mirror = one.superclassMirror
      }
      let fields = Dictionary(
        (mirror?.children).map { $0.compactMap { child in child.label.map { ($0, child.value) } } }
          ?? [], uniquingKeysWith: { first, _ in first })
      guard let description = fields["_expectationDescription"] as? String,
        let isFulfilled = fields["isFulfilled"] as? Bool,
        let isInverted = fields["_isInverted"] as? Bool,
        let token = fields["fulfillmentToken"] as? UInt64
      else { return nil }
      self.description = description
      self.isFulfilled = isFulfilled
      self.isInverted = isInverted
      self.token = token
    }
  }

  /// How a wait ends: `XCTWaiter.Result`, case by case.
  private enum WaitResult: UInt8 {
    case completed
    case timedOut
    case incorrectOrder
    case invertedFulfillment
  }

  /// One wait of a run for expectations.
  private final class ExpectationWait: Sendable {
    private struct Waiting {
      var waits: [ObjectIdentifier: [ExpectationWait]] = [:]
      /// What runs have waited for, so that XCTest need not.
      var waitedFor: Set<String> = []
    }

    private static let waiting = Mutex(Waiting())

    private nonisolated(unsafe) let expectations: [AnyObject]
    private let isInOrder: Bool
    private let waiter = Mutex<CheckedContinuation<Void, Never>?>(nil)

    init(for expectations: [AnyObject], inOrder isInOrder: Bool) {
      self.expectations = expectations
      self.isInOrder = isInOrder
    }

    private var states: [ExpectationState] { expectations.compactMap(ExpectationState.init) }

    /// One of them cannot be waited for in a run.
    var isUnknown: Bool { states.count < expectations.count }

    /// What has come of it; nil while that is open.
    func result(isOver: Bool) -> WaitResult? {
      let states = states
      if states.contains(where: { $0.isInverted && $0.isFulfilled }) { return .invertedFulfillment }
      let (inverted, expected) = (states.filter(\.isInverted), states.filter { !$0.isInverted })
      if isInOrder {
        // Whatever is fulfilled comes after all that stand before it.
        var last: UInt64 = 0
        var isMissing = false
        for state in expected {
          if state.isFulfilled, isMissing || state.token < last { return .incorrectOrder }
          if state.isFulfilled { last = state.token } else { isMissing = true }
        }
      }
      let isComplete = expected.allSatisfy(\.isFulfilled)
      if isComplete, inverted.isEmpty || isOver { return .completed }
      return isOver ? .timedOut : nil
    }

    var unfulfilled: [String] {
      states.filter { !$0.isFulfilled && !$0.isInverted }.map(\.description)
    }

    /// Waits until it is known what has come of it, or the time is over.
    ///
    /// - Parameter seconds: How long, in virtual time.
    func wait(for seconds: Double) async -> WaitResult {
      // XCTest's own wait is a suspension, too, whatever has been fulfilled before.
      await Task.yield()
      Self.waiting.withLock { waiting in
        waiting.waitedFor.formUnion(states.map(\.description))
        for expectation in expectations {
          waiting.waits[ObjectIdentifier(expectation), default: []].append(self)
        }
      }
      defer { forget() }
      if seconds > 0 {
        // Nothing but the end of the time can be thrown.
        try? await withDeadline(.seconds(seconds)) { await self.decided() }
      }
      return result(isOver: true) ?? .timedOut
    }

    private func forget() {
      Self.waiting.withLock { waiting in
        for expectation in expectations {
          let id = ObjectIdentifier(expectation)
          waiting.waits[id]?.removeAll { $0 === self }
          if waiting.waits[id]?.isEmpty == true { waiting.waits[id] = nil }
        }
      }
    }

    private func decided() async {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          waiter.withLock { $0 = continuation }
          if Task.isCancelled || result(isOver: false) != nil { wake() }
        }
      } onCancel: {
        wake()
      }
    }

    private func wake() {
      let continuation = waiter.withLock { waiter in
        defer { waiter = nil }
        return waiter
      }
      continuation?.resume()
    }

    static func isFulfilled(_ expectation: AnyObject) {
      let waits = waiting.withLock { $0.waits[ObjectIdentifier(expectation)] ?? [] }
      for wait in waits where wait.result(isOver: false) != nil { wait.wake() }
    }

    /// All that XCTest misses a wait for was waited for by runs.
    static func coversAll(in message: String) -> Bool {
      guard message.hasPrefix("Failed due to unwaited expectation"),
        let quote = message.firstIndex(of: "'")
      else { return false }
      let names = message[message.index(after: quote)...].dropLast().split(
        separator: "', '", omittingEmptySubsequences: false)
      return waiting.withLock { waiting in
        names.allSatisfy { waiting.waitedFor.contains(String($0)) }
      }
    }
  }

  /// Methods that take the places of XCTest's while a step of a run goes on.
  ///
  /// `self` is the waiter or the test case: no more is done with it than to look at it.
  public final class _WaitingForXCTest {
    private init() {}

    /// In the place of `XCTWaiter.fulfillment(of:timeout:enforceOrder:)`.
    @_silgen_name("il_waiter_fulfillment")
    public nonisolated(nonsending) func fulfillment(
      of expectations: [AnyObject], timeout: Double, enforceOrder: Bool, file: StaticString,
      line: Int
    ) async -> UInt8 {
      let hasDelegate = Mirror(reflecting: self).children.contains {
        $0.label == "_delegate" && "\($0.value)" != "nil"
      }
      return await waitInRun(expectations, timeout, enforceOrder, file, line, tells: hasDelegate)
    }

    /// In the place of the function of that name of the class.
    @_silgen_name("il_class_fulfillment")
    public nonisolated(nonsending) static func fulfillment(
      of expectations: [AnyObject], timeout: Double, enforceOrder: Bool, file: StaticString,
      line: Int
    ) async -> UInt8 {
      await waitInRun(expectations, timeout, enforceOrder, file, line, tells: false)
    }

    /// In the place of `XCTestCase.fulfillment(of:timeout:enforceOrder:)`.
    @_silgen_name("il_case_fulfillment")
    public nonisolated(nonsending) func fulfillmentOfCase(
      of expectations: [AnyObject], timeout: Double, enforceOrder: Bool, file: StaticString,
      line: Int
    ) async {
      _ = await waitInRun(expectations, timeout, enforceOrder, file, line, tells: true)
    }
  }

  /// Waits in the run whose step goes on.
  ///
  /// - Parameter tells: What is not fulfilled is a failure of the run.
  /// - Returns: The `XCTWaiter.Result`.
  private nonisolated(nonsending) func waitInRun(
    _ expectations: [AnyObject], _ timeout: Double, _ isInOrder: Bool, _ file: StaticString,
    _ line: Int, tells: Bool
  ) async -> UInt8 {
    let wait = ExpectationWait(for: expectations, inOrder: isInOrder)
    guard !wait.isUnknown else {
      fail(
        "an expectation for a predicate or a notification is looked at by a thread of XCTest's, in "
          + "real time; in a run, await what it is about, and fulfill an `XCTestExpectation`",
        file, line, isMistake: true)
      return WaitResult.timedOut.rawValue
    }
    let result = await wait.wait(for: timeout)
    if tells {
      let names = wait.unfulfilled.map { "'\($0)'" }.joined(separator: ", ")
      switch result {
      case .completed: break
      case .timedOut:
        fail("not fulfilled within \(timeout) seconds of virtual time: \(names)", file, line)
      case .incorrectOrder: fail("expectations were fulfilled in another order", file, line)
      case .invertedFulfillment: fail("an inverted expectation was fulfilled", file, line)
      }
    }
    return result.rawValue
  }

  private func fail(
    _ message: String, _ file: StaticString, _ line: Int, isMistake: Bool = false
  ) {
    LiveRun.current?.fail(
      RunFailure(
        kind: .expectation, message: message, file: "\(file)", line: line, isMistake: isMistake))
  }

  /// Names a wait that blocks its thread, within a step.
  @_silgen_name("il_test_blocks")
  public func _interleaveTestBlocks(_ file: StaticString, _ line: Int) {
    fail(
      "`wait(for:timeout:)` blocks the thread on which all tasks of the body run; use `await "
        + "fulfillment(of:timeout:)` instead", file, line, isMistake: true)
  }

  /// Hears of an expectation that has been fulfilled.
  @_silgen_name("il_expectation_fulfilled")
  public func _interleaveExpectationFulfilled(_ expectation: UnsafeRawPointer) {
    ExpectationWait.isFulfilled(Unmanaged<AnyObject>.fromOpaque(expectation).takeUnretainedValue())
  }

  /// Tells whether XCTest misses waits that runs have made in its place.
  @_silgen_name("il_was_waited_for")
  public func _interleaveWasWaitedFor(_ message: String) -> Bool {
    ExpectationWait.coversAll(in: message)
  }
#endif
