import Interleave

/// Several users of a pool of one connection, which somebody may close.
struct PoolSpec<Subject: Pool>: ConcurrencySpec {
  /// A pool, and the database that it is connected to.
  struct Site: Sendable {
    let database = Database()
    let pool: Subject

    init() { pool = Subject(database, limit: 1) }
  }

  enum Operation: Sendable, Hashable {
    /// Uses a connection for a second.
    case query
    case close
  }

  let rule: String

  var operations: Generator<Operation> {
    .frequency((5, .just(.query)), (1, .just(.close)))
  }

  func makeSubject() async throws -> Site { Site() }

  func observe(_ site: Site) {
    always(site.database, rule) { $0.open.count <= 1 }
  }

  func perform(_ operation: Operation, on site: Site) async throws {
    switch operation {
    case .close:
      await site.pool.close()
    case .query:
      do {
        try await site.pool.withConnection { connection in
          await site.database.query(connection)
          try await Task.sleep(for: .seconds(1))
        }
      } catch is PoolIsClosed {
        return
      }
    }
  }
}
