/// A connection pool in which a permit comes first, and the connection after it.
///
/// A permit is taken in the breath in which it is seen to be free, and handed on in the breath in
/// which it is given back, to whoever waits. Who has one takes a connection that lies there, or
/// opens one; if that fails or is given up, the permit still goes on to the next. A waiter who gives
/// up leaves the line; one to whom the permit is on its way hands it on.
actor MendedConnectionPool: Pool {
  private struct Waiter {
    var id: Int
    var continuation: CheckedContinuation<Void, any Error>
  }

  private var idle: [Connection] = []
  private var permits: Int
  private var waiters: [Waiter] = []
  private var waiterCount = 0
  private var isClosed = false
  private let database: Database

  init(_ database: Database, limit: Int) {
    self.database = database
    permits = limit
  }

  func withConnection(_ work: @Sendable (Connection) async throws -> Void) async throws {
    try await takePermit()
    defer { returnPermit() }
    let connection = try await connection()
    do {
      try await work(connection)
    } catch {
      await giveBack(connection)
      throw error
    }
    await giveBack(connection)
  }

  func close() async {
    isClosed = true
    for waiter in waiters { waiter.continuation.resume(throwing: PoolIsClosed()) }
    waiters = []
    let unused = idle
    idle = []
    for connection in unused { await database.disconnect(connection) }
  }

  // MARK: Connections, for those who have a permit

  private func connection() async throws -> Connection {
    guard !isClosed else { throw PoolIsClosed() }
    if let connection = idle.popLast() { return connection }
    return try await database.connect()
  }

  private func giveBack(_ connection: Connection) async {
    await database.reset(connection)
    if isClosed {
      await database.disconnect(connection)
    } else {
      idle.append(connection)
    }
  }

  // MARK: Permits

  private func takePermit() async throws {
    guard !isClosed else { throw PoolIsClosed() }
    guard permits == 0 else {
      permits -= 1
      return
    }
    waiterCount += 1
    let id = waiterCount
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation {
        waiters.append(Waiter(id: id, continuation: $0))
      }
    } onCancel: {
      Task { await self.giveUp(id) }
    }
  }

  private func giveUp(_ id: Int) {
    guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
    waiters.remove(at: index).continuation.resume(throwing: CancellationError())
  }

  private func returnPermit() {
    if waiters.isEmpty {
      permits += 1
    } else {
      waiters.removeFirst().continuation.resume()
    }
  }
}
