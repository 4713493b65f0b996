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
    case query(times: Int)
    case close
  }

  let rule: String

  var operations: Generator<Operation> {
    .frequency((5, .int(in: 1...2).map(Operation.query(times:))), (1, .just(.close)))
  }

  func makeSubject() async throws -> Site { Site() }

  func observe(_ site: Site) {
    always(site.database, rule) { $0.open.count <= 1 }
  }

  func perform(_ operation: Operation, on site: Site) async throws {
    switch operation {
    case .close:
      await site.pool.close()
    case .query(let times):
      do {
        try await site.pool.withConnection { connection in
          for _ in 0..<times { await site.database.query(connection) }
        }
      } catch is PoolIsClosed {
        return
      }
    }
  }
}
