/// How many messages users have sent within the last minute, and may still send.
struct RateLimit: Sendable {
  private let messages = 10
  private let window = Duration.seconds(60)
  private var sent: [String: [ContinuousClock.Instant]] = [:]

  /// Makes a limit that knows what was sent before.
  init(_ rooms: [String: ChatRoom]) {
    for message in rooms.values.flatMap(\.history).sorted(by: { $0.sentAt < $1.sentAt }) {
      sent[message.author, default: []].append(message.sentAt)
    }
  }

  /// Whether a user may send one more message.
  func allows(_ user: String, at now: ContinuousClock.Instant) -> Bool {
    sent[user, default: []].count { $0 + window > now } < messages
  }

  /// Counts a message.
  mutating func count(_ user: String, at now: ContinuousClock.Instant) {
    sent[user, default: []].removeAll { $0 + window <= now }
    sent[user, default: []].append(now)
  }

  /// Takes a message back that was counted, and then not sent.
  mutating func takeBack(_ user: String, at time: ContinuousClock.Instant) {
    guard let index = sent[user]?.firstIndex(of: time) else { return }
    sent[user]?.remove(at: index)
  }
}
