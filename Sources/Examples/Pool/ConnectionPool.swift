/// A connection pool as it is first written: its books are wrong while it waits.
///
/// - `acquire` looks whether there may be one more connection, opens it, and counts it only then.
///   While the first is being opened, as many others as like are opened too: after a restart, the
///   database refuses clients that had never had more than their share.
/// - `release` looks whether somebody waits, cleans the connection up, and puts it aside. Who came
///   meanwhile waits for a connection that lies there, for ever.
/// - `close` closes what lies there. A connection that is just being opened is not there yet, so it
///   stays open for as long as the process lives.
actor ConnectionPool: Pool {
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
      let connection = try await database.connect()
      count += 1
      return connection
    }
    return try await withCheckedThrowingContinuation { waiters.append($0) }
  }

  private func release(_ connection: Connection) async {
    guard waiters.isEmpty else { return waiters.removeFirst().resume(returning: connection) }
    await database.reset(connection)
    idle.append(connection)
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
