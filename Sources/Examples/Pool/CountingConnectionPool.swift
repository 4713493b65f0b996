/// A connection pool as it looks after the first bug reports: never a connection too many, nobody
/// overlooked, and a new bug.
///
/// A connection is now counted before it is opened, since others must not open theirs meanwhile. But
/// opening may end without one: a request that is given up just then leaves the count as it is, and
/// no connection will ever be given back for it. After the first evening on which many users lost
/// their patience, the pool has room for nobody; it takes a restart, which nobody understands.
actor CountingConnectionPool: Pool {
  private var idle: [Connection] = []
  private var count = 0
  private var waiters: [CheckedContinuation<Connection, any Error>] = []
  private var isClosed = false
  private let database: Database
  private let limit: Int

  init(_ database: Database, limit: Int) {
    self.database = database
    self.limit = limit
  }

  func withConnection(_ work: @Sendable (Connection) async throws -> Void) async throws {
    let connection = try await acquire()
    do {
      try await work(connection)
    } catch {
      await release(connection)
      throw error
    }
    await release(connection)
  }

  private func acquire() async throws -> Connection {
    guard !isClosed else { throw PoolIsClosed() }
    if let connection = idle.popLast() { return connection }
    if count < limit {
      count += 1
      return try await database.connect()
    }
    return try await withCheckedThrowingContinuation { waiters.append($0) }
  }

  private func release(_ connection: Connection) async {
    await database.reset(connection)
    if isClosed {
      await database.disconnect(connection)
    } else if waiters.isEmpty {
      idle.append(connection)
    } else {
      waiters.removeFirst().resume(returning: connection)
    }
  }

  func close() async {
    isClosed = true
    for waiter in waiters { waiter.resume(throwing: PoolIsClosed()) }
    waiters = []
    let unused = idle
    idle = []
    for connection in unused { await database.disconnect(connection) }
  }
}
