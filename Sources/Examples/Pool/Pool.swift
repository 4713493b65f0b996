/// An open line to a database.
struct Connection: Sendable, Hashable {
  var id: Int
}

/// A database that counts who is connected to it.
actor Database {
  private(set) var open: Set<Int> = []
  private(set) var queries = 0
  private(set) var resets = 0
  private var opened = 0

  /// - Throws: `CancellationError` if nobody waits for the connection any more.
  func connect() throws -> Connection {
    try Task.checkCancellation()
    opened += 1
    open.insert(opened)
    return Connection(id: opened)
  }

  func query(_ connection: Connection) { queries += 1 }

  /// Takes back what a connection has left unfinished.
  func reset(_ connection: Connection) { resets += 1 }

  func disconnect(_ connection: Connection) { open.remove(connection.id) }
}

/// The pool was closed before a connection was free.
struct PoolIsClosed: Error {}

/// A limited number of connections, which take time to open, to clean up and to close.
protocol Pool: Actor {
  /// - Parameter limit: How many connections may be open at the same time.
  init(_ database: Database, limit: Int)
  /// Works with a connection, once one is free.
  ///
  /// - Throws: ``PoolIsClosed``, `CancellationError`, and what the work throws.
  func withConnection(_ work: @Sendable (Connection) async throws -> Void) async throws
  /// Turns away who comes and who waits; connections in use are closed as they are given back.
  func close() async
}
