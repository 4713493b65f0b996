/// A message in a room.
struct ChatMessage: Sendable, Hashable {
  struct Reaction: Sendable, Hashable {
    var user: String
    var emoji: String
  }

  /// Later messages have greater numbers.
  var number: Int
  var author: String
  var text: String
  var sentAt: ContinuousClock.Instant
  var reactions: [Reaction] = []
}

/// Who is in a room, and what was said there, first to last.
struct ChatRoom: Sendable {
  var members: Set<String> = []
  var history: [ChatMessage] = []

  /// Adds a reaction, if the message is there.
  mutating func add(_ reaction: ChatMessage.Reaction, to number: Int) {
    guard let index = history.firstIndex(where: { $0.number == number }) else { return }
    history[index].reactions.append(reaction)
  }
}

/// Why a message was not sent.
enum ChatError: Error, Hashable {
  case notAMember
  case tooManyMessages
}

/// Knows who may enter which room.
actor Directory {
  private(set) var admissions = 0

  func admit(_ user: String, to room: String) { admissions += 1 }
}

/// Reads what is to be sent.
actor Moderation {
  private(set) var approved = 0

  /// - Throws: `CancellationError` if nobody waits for the answer any more.
  func approve(_ text: String) throws {
    try Task.checkCancellation()
    approved += 1
  }
}

/// Keeps messages for good.
actor Archive {
  private var messages: [ChatMessage] = []

  func keep(_ batch: [ChatMessage]) { messages += batch }
  func messages(after number: Int) -> [ChatMessage] { messages.filter { $0.number > number } }
}

/// Tells authors that somebody liked what they wrote.
actor Notifier {
  private(set) var notifications = 0

  func notify(_ user: String) { notifications += 1 }
}

/// What a chat server needs besides itself.
struct ChatServices: Sendable {
  let directory = Directory()
  let moderation = Moderation()
  let archive = Archive()
  let notifier = Notifier()
}

/// A chat server: users, rooms, and a connection for each user who is there.
protocol Chat: Actor {
  /// Makes a server that takes over from another one.
  ///
  /// - Parameter rooms: The rooms as the other one left them.
  init(_ services: ChatServices, rooms: [String: ChatRoom])
  var rooms: [String: ChatRoom] { get }
  func join(_ user: String, _ room: String) async
  func leave(_ user: String, _ room: String)
  /// Brings a user the messages of all rooms that they are in, until the server closes.
  ///
  /// - Parameter number: The last message that the user has seen, so that none is missed.
  func connect(_ user: String, after number: Int) async -> AsyncStream<ChatMessage>
  /// - Throws: ``ChatError``, or `CancellationError` if it was given up.
  func send(_ text: String, from user: String, to room: String) async throws -> ChatMessage
  func react(_ emoji: String, to number: Int, in room: String, by user: String) async
  /// Ends all connections.
  func close()
}
