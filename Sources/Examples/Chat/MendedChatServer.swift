/// A chat server that waits first, or last, but never between a look and what follows from it.
///
/// `join` changes the room as it is after the directory has answered. `send` counts a message
/// before it is moderated, and takes it back if that is given up; it is numbered, entered and
/// delivered in one breath. `connect` replays what was missed out of its own memory, in the breath
/// in which it registers. A connection that its user gave up is forgotten, but not the next one of
/// the same user.
actor MendedChatServer: Chat {
  private struct Connection {
    var id: Int
    var continuation: AsyncStream<ChatMessage>.Continuation
  }

  private(set) var rooms: [String: ChatRoom]
  private var connections: [String: Connection] = [:]
  private var connectionCount = 0
  private var unarchived: [ChatMessage] = []
  private var isArchiving = false
  private var isClosed = false
  private var limit: RateLimit
  private var lastNumber: Int
  private let services: ChatServices

  init(_ services: ChatServices, rooms: [String: ChatRoom]) {
    self.services = services
    self.rooms = rooms
    limit = RateLimit(rooms)
    lastNumber = rooms.values.flatMap(\.history).map(\.number).max() ?? 0
  }

  func join(_ user: String, _ room: String) async {
    await services.directory.admit(user, to: room)
    rooms[room, default: ChatRoom()].members.insert(user)
  }

  func leave(_ user: String, _ room: String) {
    rooms[room]?.members.remove(user)
  }

  func connect(_ user: String, after number: Int) async -> AsyncStream<ChatMessage> {
    await services.directory.admit(user, to: "lobby")
    let (stream, continuation) = AsyncStream.makeStream(of: ChatMessage.self)
    guard !isClosed else {
      continuation.finish()
      return stream
    }
    let missed = rooms.values.filter { $0.members.contains(user) }.flatMap(\.history)
      .filter { $0.number > number }.sorted { $0.number < $1.number }
    for message in missed { continuation.yield(message) }
    connectionCount += 1
    let id = connectionCount
    connections[user]?.continuation.finish()
    connections[user] = Connection(id: id, continuation: continuation)
    continuation.onTermination = { reason in
      guard case .cancelled = reason else { return }
      Task { await self.forget(user, id) }
    }
    return stream
  }

  /// Forgets a connection, if it is still the user's.
  private func forget(_ user: String, _ id: Int) {
    if connections[user]?.id == id { connections[user] = nil }
  }

  func send(_ text: String, from user: String, to room: String) async throws -> ChatMessage {
    let now = ContinuousClock.now
    guard rooms[room]?.members.contains(user) == true else { throw ChatError.notAMember }
    guard limit.allows(user, at: now) else { throw ChatError.tooManyMessages }
    limit.count(user, at: now)
    do {
      try await services.moderation.approve(text)
    } catch {
      limit.takeBack(user, at: now)
      throw error
    }
    lastNumber += 1
    let message = ChatMessage(number: lastNumber, author: user, text: text, sentAt: now)
    rooms[room]?.history.append(message)
    for member in rooms[room]?.members ?? [] { connections[member]?.continuation.yield(message) }
    unarchived.append(message)
    await archive()
    return message
  }

  /// Archives what was sent, a batch at a time; who finds that under way need not wait for it.
  private func archive() async {
    guard !isArchiving else { return }
    isArchiving = true
    while !unarchived.isEmpty {
      let batch = unarchived
      unarchived = []
      await services.archive.keep(batch)
    }
    isArchiving = false
  }

  func react(_ emoji: String, to number: Int, in room: String, by user: String) async {
    let reaction = ChatMessage.Reaction(user: user, emoji: emoji)
    let message = rooms[room]?.history.first { $0.number == number }
    guard let message, !message.reactions.contains(reaction) else { return }
    rooms[room]?.add(reaction, to: number)
    await services.notifier.notify(message.author)
  }

  func close() {
    isClosed = true
    for connection in connections.values { connection.continuation.finish() }
    connections = [:]
  }
}
