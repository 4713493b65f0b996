/// A busy hour of a chat server: many users, who all write at once.
public enum ChatLoad {
  /// Lets users join, connect, send and read, in rooms of ten.
  ///
  /// - Parameters:
  ///   - users: How many there are, at least 1.
  ///   - messages: How many messages are sent at once, no more than 10 by each user.
  /// - Throws: ``Violation`` if a member of a room missed a message.
  public static func run(users: Int, messages: Int) async throws {
    try await run(MendedChatServer.self, users: users, messages: messages)
  }

  private static func run<Subject: Chat>(
    _: Subject.Type, users: Int, messages: Int
  ) async throws {
    let server = Subject(ChatServices(), rooms: [:])
    try await withThrowingTaskGroup(of: Void.self) { readers in
      for stream in await streams(of: users, on: server) {
        readers.addTask { try await read(stream.messages, as: stream.user, on: server) }
      }
      try await send(messages, by: users, on: server)
      await server.close()
      try await readers.waitForAll()
    }
  }

  private static func room(of user: Int) -> String { "room \(user / 10)" }

  /// All users join their rooms and connect.
  private static func streams(
    of users: Int, on server: some Chat
  ) async -> [(user: Int, messages: AsyncStream<ChatMessage>)] {
    await withTaskGroup(of: (Int, AsyncStream<ChatMessage>).self) { group in
      for user in 0..<users {
        group.addTask {
          await server.join("user \(user)", room(of: user))
          return (user, await server.connect("user \(user)", after: 0))
        }
      }
      return await group.reduce(into: []) { $0.append((user: $1.0, messages: $1.1)) }
    }
  }

  /// All messages are sent at once.
  private static func send(
    _ messages: Int, by users: Int, on server: some Chat
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<messages {
        let user = number % users
        group.addTask {
          try await unlessCancelled {
            try await server.send("\(number)", from: "user \(user)", to: room(of: user))
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private static func read(
    _ messages: AsyncStream<ChatMessage>, as user: Int, on server: some Chat
  ) async throws {
    var count = 0
    for await _ in messages { count += 1 }
    guard !Task.isCancelled else { return }
    let sent = await server.rooms[room(of: user)]?.history.count ?? 0
    try expect(count == sent, "user \(user) must get \(sent) messages (got \(count))")
  }
}
