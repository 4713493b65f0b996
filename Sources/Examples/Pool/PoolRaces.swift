import Interleave

/// What goes wrong in a connection pool.
enum PoolRaces {
  private static let limit = "a pool of one has one connection"

  static let all = [
    SystemRace(
      "pool", "pool-limit", limit, .invariant, tasks: 3, steps: 11, operations: 2,
      racy: PoolSpec<ConnectionPool>(rule: limit),
      mended: PoolSpec<MendedConnectionPool>(rule: limit)),
    SystemRace(
      "pool", "pool-waiter", "whoever waits gets the connection that is given back", .lostWakeUp,
      tasks: 3, steps: 19,
      racy: { _ in try await queryTwice(ConnectionPool.self) },
      mended: { _ in try await queryTwice(MendedConnectionPool.self) }),
    SystemRace(
      "pool", "pool-close", "a pool that is closed leaves no connection open", tasks: 3, steps: 13,
      racy: { try await queryAndClose(ConnectionPool.self, $0) },
      mended: { try await queryAndClose(MendedConnectionPool.self, $0) }),
    SystemRace(
      "pool", "pool-permit", "whoever gives up makes room for the next", .lostWakeUp, tasks: 3,
      steps: 8, cancellation: .anyTask,
      racy: { _ in try await queryTogether(CountingConnectionPool.self) },
      mended: { _ in try await queryTogether(MendedConnectionPool.self) }),
  ]

  /// A connection is used for one query while another waits.
  static func queryTwice<Subject: Pool>(_: Subject.Type) async throws {
    let database = Database()
    let pool = Subject(database, limit: 1)
    try await query(database, pool)
    async let first: Void = query(database, pool)
    async let second: Void = query(database, pool)
    _ = try await (first, second)
  }

  /// Two queries share a connection that is yet to be opened.
  static func queryTogether<Subject: Pool>(_: Subject.Type) async throws {
    let database = Database()
    let pool = Subject(database, limit: 1)
    async let first: Void = query(database, pool)
    async let second: Void = query(database, pool)
    _ = try await (first, second)
  }

  /// A service is stopped while it starts.
  static func queryAndClose<Subject: Pool>(_: Subject.Type, _ rule: String) async throws {
    let database = Database()
    let pool = Subject(database, limit: 1)
    eventually(database, rule) { $0.open.isEmpty }
    async let querying: Void = query(database, pool)
    async let closing: Void = pool.close()
    _ = try await (querying, closing)
  }

  private static func query(_ database: Database, _ pool: some Pool) async throws {
    do {
      try await unlessCancelled {
        try await pool.withConnection { await database.query($0) }
      }
    } catch is PoolIsClosed {
      return
    }
  }
}
