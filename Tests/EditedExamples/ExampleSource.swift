/// One of the examples, with what an editor would have to know of it.
struct ExampleSource {
  /// The name of its corpus entry.
  var name: String
  /// The file in `Sources/Examples`.
  var file: String
  /// Runs the race once.
  var body: String
  /// What can be renamed: types, methods, properties and parameters.
  var identifiers: [String]
  /// Replacements that rename a method whose name others have too.
  var renames: [[(old: String, new: String)]] = []
  /// An operation that changes nothing about the race, as a statement ahead of it.
  var operation: String
  /// The same as a statement that runs beside the race.
  var concurrentOperation: String
  /// A stretch of a method, what stands in its place, and the method that it became.
  var splits: [(stretch: String, call: String, method: String)]

  static let all = [bank, token, gate, philosophers, images, checkout, monitor]

  private static let bank = ExampleSource(
    name: "bank", file: "Bank.swift",
    body: """
      try await BankExample.racy { bank in
            always(bank, "the balance is not negative") { $0.balance >= 0 }
          }
      """,
    identifiers: ["Bank", "AuditLog", "withdraw", "balance", "log", "amount", "entries"],
    renames: [[("log.append(", "log.record("), ("func append(", "func record(")]],
    operation: "_ = await bank.withdraw(5)", concurrentOperation: "async let _ = bank.withdraw(1)",
    splits: [
      (
        "    await log.append(\"withdraw \\(amount)\")\n    balance -= amount\n    return true\n",
        "    return await finish(amount)\n",
        """
          private func finish(_ amount: Int) async -> Bool {
            await log.append("withdraw \\(amount)")
            balance -= amount
            return true
          }
        """
      ),
      (
        "    await log.append(\"withdraw \\(amount)\")\n", "    await note(amount)\n",
        """
          private func note(_ amount: Int) async {
            await log.append("withdraw \\(amount)")
          }
        """
      ),
    ])

  private static let token = ExampleSource(
    name: "token", file: "TokenRefresher.swift",
    body: """
      try await TokenExample.racy { server in
            always(server, "at most one refresh is asked for") { $0.refreshes <= 1 }
          }
      """,
    identifiers: [
      "TokenServer", "Session", "Token", "validToken", "refresh", "refreshes", "server", "latest",
    ],
    operation: "_ = await server.refreshes", concurrentOperation: "async let _ = server.refreshes",
    splits: [
      (
        "    token = try await server.refresh(token)\n    return token\n",
        "    return try await renewed()\n",
        """
          private func renewed() async throws -> Token {
            token = try await server.refresh(token)
            return token
          }
        """
      ),
      (
        "    token = try await server.refresh(token)\n", "    try await renew()\n",
        """
          private func renew() async throws {
            token = try await server.refresh(token)
          }
        """
      ),
    ])

  private static let gate = ExampleSource(
    name: "gate", file: "Gate.swift", body: "try await GateExample.racy()",
    identifiers: ["Gate", "VisitCounter", "wait", "open", "isOpen", "waiting", "visits", "gate"],
    renames: [[("visits.count()", "visits.add()"), ("func count()", "func add()")]],
    operation: "await VisitCounter().count()",
    concurrentOperation: "async let _: Void = gate.wait()",
    splits: [
      (
        "    await visits.count()\n    await withCheckedContinuation { waiting.append($0) }\n",
        "    await visitAndWait()\n",
        """
          private func visitAndWait() async {
            await visits.count()
            await withCheckedContinuation { waiting.append($0) }
          }
        """
      ),
      (
        "    await withCheckedContinuation { waiting.append($0) }\n", "    await standInLine()\n",
        """
          private func standInLine() async {
            await withCheckedContinuation { waiting.append($0) }
          }
        """
      ),
    ])

  private static let philosophers = ExampleSource(
    name: "philosophers", file: "Philosophers.swift",
    body: "try await PhilosophersExample.racy()",
    identifiers: ["Fork", "Table", "take", "putDown", "eat", "line", "isTaken", "forks", "table"],
    operation: "await table.eat(at: 0)", concurrentOperation: "async let _: Void = Fork().take()",
    splits: [
      (
        "    await left.take()\n    await right.take()\n", "    await takeBoth(left, right)\n",
        """
          private func takeBoth(_ left: Fork, _ right: Fork) async {
            await left.take()
            await right.take()
          }
        """
      ),
      (
        "    await withCheckedContinuation { line.append($0) }\n", "    await standInLine()\n",
        """
          private func standInLine() async {
            await withCheckedContinuation { line.append($0) }
          }
        """
      ),
    ])

  private static let images = ExampleSource(
    name: "images", file: "ImageCache.swift", body: "try await ImageCacheExample.racy()",
    identifiers: [
      "ImageServer", "Disk", "ImageCache", "image", "download", "downloads", "images", "disk",
      "server",
    ],
    operation: "_ = await cache.image(\"logo\")",
    concurrentOperation: "async let _ = cache.image(\"logo\")",
    splits: [
      (
        "    if let image = await disk.image(name) { return image }\n",
        "    if let image = await stored(name) { return image }\n",
        """
          private func stored(_ name: String) async -> String? { await disk.image(name) }
        """
      ),
      (
        """
            let download = Task { [server] in await server.download(name) }
            downloads[name] = download
            let image = await download.value
            images[name] = image
            downloads[name] = nil
            return image

        """, "    return await fetched(name)\n",
        """
          private func fetched(_ name: String) async -> String {
            let download = Task { [server] in await server.download(name) }
            downloads[name] = download
            let image = await download.value
            images[name] = image
            downloads[name] = nil
            return image
          }
        """
      ),
    ])

  private static let checkout = ExampleSource(
    name: "checkout", file: "Checkout.swift", body: "try await CheckoutExample.racy()",
    identifiers: [
      "CardProcessor", "TimedOut", "Checkout", "withTimeout", "charge", "pay", "attempt",
      "charged", "processor",
    ],
    operation: "await processor.charge(1, for: \"order 0\")",
    concurrentOperation: "async let _: Void = processor.charge(1, for: \"order 0\")",
    splits: [
      (
        """
              try await Task.sleep(for: .milliseconds(5))
              await processor.charge(amount, for: order)

        """, "      try await send(amount, for: order)\n",
        """
          private func send(_ amount: Int, for order: String) async throws {
            try await Task.sleep(for: .milliseconds(5))
            await processor.charge(amount, for: order)
          }
        """
      ),
      (
        "      try await Task.sleep(for: .milliseconds(5))\n", "      try await reach()\n",
        """
          private func reach() async throws {
            try await Task.sleep(for: .milliseconds(5))
          }
        """
      ),
    ])

  private static let monitor = ExampleSource(
    name: "monitor", file: "Monitor.swift", body: "try await MonitorExample.racy()",
    identifiers: [
      "EventSource", "Monitor", "start", "stop", "subscribe", "watcher", "source", "events",
      "isStopped",
    ],
    operation: "_ = await monitor.events", concurrentOperation: "async let _ = monitor.events",
    splits: [
      (
        """
            let stream = await source.subscribe()
            watcher = Task {
              for await _ in stream { events += 1 }
            }

        """, "    await watch()\n",
        """
          private func watch() async {
            let stream = await source.subscribe()
            watcher = Task {
              for await _ in stream { events += 1 }
            }
          }
        """
      ),
      (
        "    let stream = await source.subscribe()\n", "    let stream = await subscription()\n",
        """
          private func subscription() async -> AsyncStream<Int> { await source.subscribe() }
        """
      ),
    ])
}
