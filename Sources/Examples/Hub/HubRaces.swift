import Interleave

/// What goes wrong between those who publish and those who subscribe.
enum HubRaces {
  static let all = [
    SystemRace(
      "hub", "hub-order", "events arrive in the order of their numbers", .thrownError, tasks: 3,
      steps: 16,
      racy: { try await publishTogether(EventHub.self, $0) },
      mended: { try await publishTogether(MendedEventHub.self, $0) }),
    SystemRace(
      "hub", "hub-return", "who subscribes again gets what is published", .lostWakeUp, tasks: 3,
      steps: 16,
      racy: { try await loseLineAndReturn(EventHub.self, $0) },
      mended: { try await loseLineAndReturn(MendedEventHub.self, $0) }),
    SystemRace(
      "hub", "hub-close", "every stream ends when the hub closes", .lostWakeUp, tasks: 3,
      steps: 8, preemptions: 0,
      racy: { _ in try await subscribeAndClose(EventHub.self) },
      mended: { _ in try await subscribeAndClose(MendedEventHub.self) }),
  ]

  /// Two events are published at the same time.
  static func publishTogether<Subject: Hub>(_: Subject.Type, _ rule: String) async throws {
    let hub = Subject(journal: AuditLog())
    let stream = await hub.subscribe("screen")
    async let one: Void = hub.publish("one")
    async let other: Void = hub.publish("other")
    _ = await (one, other)
    await hub.close()
    var numbers: [Int] = []
    for await event in stream { numbers.append(event.number) }
    try expect(numbers == numbers.sorted(), "\(rule) (got \(numbers))")
  }

  /// A phone loses the line and comes back at once.
  static func loseLineAndReturn<Subject: Hub>(_: Subject.Type, _ rule: String) async throws {
    let hub = Subject(journal: AuditLog())
    let old = await hub.subscribe("phone")
    let listening = Task { for await _ in old {} }
    listening.cancel()
    let stream = await hub.subscribe("phone")
    await hub.publish("it rings")
    await hub.close()
    let count = await stream.reduce(0) { count, _ in count + 1 }
    await listening.value
    // Who hangs up while listening has not heard it all.
    guard !Task.isCancelled else { return }
    try expect(count == 1, "\(rule) (got \(count))")
  }

  /// A phone subscribes while the hub is closed.
  static func subscribeAndClose<Subject: Hub>(_: Subject.Type) async throws {
    let hub = Subject(journal: AuditLog())
    async let stream = hub.subscribe("phone")
    async let closing: Void = hub.close()
    for await _ in await stream {}
    await closing
  }
}
