/// A gate at which tasks wait until it is opened, and may wait for ever.
///
/// `wait` looks whether the gate is open, counts the visit elsewhere, and then
/// stores its continuation. If the gate is opened while the visit is counted,
/// `open` finds nobody to wake, and the task goes to sleep at an open gate: the
/// wake-up is lost. Nothing crashes and nothing is logged; something just never
/// happens.
public actor Gate {
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private let visits = VisitCounter()

  public init() {}

  /// Returns when the gate is open.
  public func wait() async {
    guard !isOpen else { return }
    await visits.count()
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Lets everybody pass, now and later.
  public func open() {
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}

/// A gate that looks once more after each `await`, and stores the continuation in
/// the same breath.
public actor MendedGate {
  private var isOpen = false
  private var waiting: [CheckedContinuation<Void, Never>] = []
  private let visits = VisitCounter()

  public init() {}

  /// Returns when the gate is open.
  public func wait() async {
    await visits.count()
    guard !isOpen else { return }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Lets everybody pass, now and later.
  public func open() {
    isOpen = true
    for continuation in waiting { continuation.resume() }
    waiting = []
  }
}

/// Counts how often anybody came to the gate.
public actor VisitCounter {
  public private(set) var visits = 0

  public init() {}

  public func count() {
    visits += 1
  }
}

/// One task waits at a gate that another opens.
public enum GateExample {
  public static func racy() async throws {
    let gate = Gate()
    async let visitor: Void = gate.wait()
    async let keeper: Void = gate.open()
    _ = await (visitor, keeper)
  }

  public static func mended() async throws {
    let gate = MendedGate()
    async let visitor: Void = gate.wait()
    async let keeper: Void = gate.open()
    _ = await (visitor, keeper)
  }
}
