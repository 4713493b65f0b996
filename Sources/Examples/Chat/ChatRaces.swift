import Interleave

/// What goes wrong in a chat.
enum ChatRaces {
  static let all = [
    SystemRace(
      "chat", "chat-join", "who has joined a room is in it", tasks: 3, steps: 10,
      racy: { try await joinTogether(ChatServer.self, $0) },
      mended: { try await joinTogether(MendedChatServer.self, $0) }),
    SystemRace(
      "chat", "chat-limit", "no user sends an eleventh message within a minute", tasks: 3,
      steps: 12,
      racy: { try await sendElevenMessages(ChatServer.self, $0) },
      mended: { try await sendElevenMessages(MendedChatServer.self, $0) }),
    SystemRace(
      "chat", "chat-reconnect", "a user who comes back gets each message once", .thrownError,
      tasks: 3, steps: 17,
      racy: { try await sendAndReconnect(ChatServer.self, $0) },
      mended: { try await sendAndReconnect(MendedChatServer.self, $0) }),
    SystemRace(
      "chat", "chat-reaction", "a user reacts with an emoji once", tasks: 3, steps: 9,
      racy: { try await reactTwice(ChatServer.self, $0) },
      mended: { try await reactTwice(MendedChatServer.self, $0) }),
    SystemRace(
      "chat", "chat-key", "who has a room's key can read all that was said there", tasks: 3,
      steps: 10,
      racy: { try await changeKeyWhileSending(HastySecretRoom.self, $0) },
      mended: { try await changeKeyWhileSending(CarefulSecretRoom.self, $0) }),
    SystemRace(
      "chat", "chat-operations", "membership is that of users who come one after the other",
      .notLinearizable, tasks: 3, steps: 14, operations: 3,
      racy: MembershipSpec<ChatServer>(), mended: MembershipSpec<MendedChatServer>()),
  ]

  /// Two users join a room.
  static func joinTogether<Subject: Chat>(_: Subject.Type, _ rule: String) async throws {
    let server = Subject(ChatServices(), rooms: [:])
    eventually(server, rule) { $0.rooms["lobby"]?.members == ["ann", "bob"] }
    async let ann: Void = server.join("ann", "lobby")
    async let bob: Void = server.join("bob", "lobby")
    _ = await (ann, bob)
  }

  /// A user who has just sent nine messages sends two more at once.
  static func sendElevenMessages<Subject: Chat>(_: Subject.Type, _ rule: String) async throws {
    let now = ContinuousClock.now
    let nine = (1...9).map { ChatMessage(number: $0, author: "ann", text: "\($0)", sentAt: now) }
    let lobby = ChatRoom(members: ["ann"], history: nine)
    let server = Subject(ChatServices(), rooms: ["lobby": lobby])
    always(server, rule) { $0.rooms["lobby"]?.history.count ?? 0 <= 10 }
    async let tenth = unlessLimited { try await server.send("10", from: "ann", to: "lobby") }
    async let eleventh = unlessLimited { try await server.send("11", from: "ann", to: "lobby") }
    _ = try await (tenth, eleventh)
    // Who has given a message up may send another one in its place.
    let count = await server.rooms["lobby"]?.history.count
    let next = try await unlessLimited { try await server.send("12", from: "ann", to: "lobby") }
    try expect(next != .tooMany || count == 10, "a message that was given up does not count")
  }

  /// A message is sent while a user comes back.
  static func sendAndReconnect<Subject: Chat>(_: Subject.Type, _ rule: String) async throws {
    let lobby = ChatRoom(members: ["ann", "bob"])
    let server = Subject(ChatServices(), rooms: ["lobby": lobby])
    async let sending = unlessLimited {
      try await server.send("hello", from: "ann", to: "lobby")
    }
    async let connecting = server.connect("bob", after: 0)
    let inbox = await connecting
    _ = try await sending
    await server.close()
    var received: [ChatMessage] = []
    for await message in inbox { received.append(message) }
    // Who hangs up while reading has not read it all.
    guard !Task.isCancelled else { return }
    let sent = await server.rooms["lobby"]?.history ?? []
    try expect(received == sent, "\(rule) (got \(received.count) of \(sent.count))")
  }

  /// A user taps a reaction twice.
  static func reactTwice<Subject: Chat>(_: Subject.Type, _ rule: String) async throws {
    let message = ChatMessage(number: 1, author: "ann", text: "hello", sentAt: .now)
    let lobby = ChatRoom(members: ["ann", "bob"], history: [message])
    let server = Subject(ChatServices(), rooms: ["lobby": lobby])
    always(server, rule) { server in
      let reactions = server.rooms["lobby"]?.history.first?.reactions ?? []
      return Set(reactions).count == reactions.count
    }
    async let first: Void = server.react("👍", to: 1, in: "lobby", by: "bob")
    async let second: Void = server.react("👍", to: 1, in: "lobby", by: "bob")
    _ = await (first, second)
  }

  /// A room's key is changed while a message is under way.
  static func changeKeyWhileSending<Subject: SecretRoom>(
    _: Subject.Type, _ rule: String
  ) async throws {
    let room = Subject(Vault(), key: RoomKey(number: 0))
    eventually(room, rule) { $0.readable.count == $0.history.count }
    async let sending: Void = room.send("the cake is in the cellar")
    async let changing: Void = room.changeKey()
    _ = await (sending, changing)
  }

  private enum Sending { case done, tooMany, givenUp }

  /// Sends what may be too much, or be given up.
  @discardableResult
  private static func unlessLimited(
    _ send: @Sendable () async throws -> ChatMessage
  ) async throws -> Sending {
    do {
      let message = try await unlessCancelled { try await send() }
      return message == nil ? .givenUp : .done
    } catch ChatError.tooManyMessages {
      return .tooMany
    }
  }
}
