/// A chat server as it is first written: it works for months with ten users.
///
/// - `join` takes a copy of the room, waits for the directory, and puts the copy back. Who joined
///   meanwhile is out again, and what was said meanwhile is gone.
/// - `send` checks the rate limit, waits for the moderation, and counts the message only then. A
///   script that sends everything at once is never limited.
/// - `connect` fetches what was missed from the archive, and then registers the connection. A
///   message that is sent in between is neither fetched nor delivered: the user whose train leaves
///   the tunnel never sees it, and nobody can tell why.
/// - `react` looks whether the user has reacted, waits for the notification, and adds the reaction.
///   A double tap counts twice.
actor ChatServer: Chat {
  private(set) var rooms: [String: ChatRoom]
  private var connections: [String: AsyncStream<ChatMessage>.Continuation] = [:]
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
    var joined = rooms[room] ?? ChatRoom()
    await services.directory.admit(user, to: room)
    joined.members.insert(user)
    rooms[room] = joined
  }

  func leave(_ user: String, _ room: String) {
    rooms[room]?.members.remove(user)
  }

  func connect(_ user: String, after number: Int) async -> AsyncStream<ChatMessage> {
    let (stream, continuation) = AsyncStream.makeStream(of: ChatMessage.self)
    for message in await services.archive.messages(after: number) { continuation.yield(message) }
    connections[user] = continuation
    return stream
  }

  func send(_ text: String, from user: String, to room: String) async throws -> ChatMessage {
    let now = ContinuousClock.now
    guard rooms[room]?.members.contains(user) == true else { throw ChatError.notAMember }
    guard limit.allows(user, at: now) else { throw ChatError.tooManyMessages }
    try await services.moderation.approve(text)
    limit.count(user, at: now)
    lastNumber += 1
    let message = ChatMessage(number: lastNumber, author: user, text: text, sentAt: now)
    rooms[room]?.history.append(message)
    for member in rooms[room]?.members ?? [] { connections[member]?.yield(message) }
    await services.archive.keep([message])
    return message
  }

  func react(_ emoji: String, to number: Int, in room: String, by user: String) async {
    let reaction = ChatMessage.Reaction(user: user, emoji: emoji)
    let message = rooms[room]?.history.first { $0.number == number }
    guard let message, !message.reactions.contains(reaction) else { return }
    await services.notifier.notify(message.author)
    rooms[room]?.add(reaction, to: number)
  }

  func close() {
    for connection in connections.values { connection.finish() }
    connections = [:]
  }
}
