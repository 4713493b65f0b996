/// The key of a room; there is a new one whenever somebody has left who must not read on.
struct RoomKey: Sendable, Hashable {
  var number: Int
}

/// A text that opens with the key that it was sealed with, and with no other: it stands for what a
/// cipher makes.
struct SealedText: Sendable, Hashable {
  private let text: String
  private let key: RoomKey

  init(_ text: String, sealedWith key: RoomKey) {
    self.text = text
    self.key = key
  }

  /// What was sealed; nil with another key.
  func opened(with key: RoomKey) -> String? { key == self.key ? text : nil }
}

/// A message that only those can read who have the key of its room.
struct SealedMessage: Sendable, Hashable {
  var text: SealedText
  var sentAt: ContinuousClock.Instant
}

/// Makes keys, and seals with them, where no one can look.
actor Vault {
  private var lastKey = RoomKey(number: 0)

  func makeKey() -> RoomKey {
    lastKey.number += 1
    return lastKey
  }

  func seal(_ text: String, with key: RoomKey) -> SealedText {
    SealedText(text, sealedWith: key)
  }
}

/// A room whose messages are sealed, and whose key is changed while they are under way.
protocol SecretRoom: Actor {
  init(_ vault: Vault, key: RoomKey)
  var key: RoomKey { get }
  var history: [SealedMessage] { get }
  func send(_ text: String) async
  /// Seals the history anew, so that it opens with the next key and not with this one.
  func changeKey() async
}

extension SecretRoom {
  /// What those can read who have the key.
  var readable: [String] { history.compactMap { $0.text.opened(with: key) } }
}

/// A room of secrets as it is first written.
///
/// `send` has a message sealed with the key of the moment, waits for that, and enters it. If the key
/// was changed meanwhile, the history was sealed anew without it, and it lies among messages of the
/// next key: nobody can ever read it again.
actor HastySecretRoom: SecretRoom {
  private(set) var key: RoomKey
  private(set) var history: [SealedMessage] = []
  private let vault: Vault

  init(_ vault: Vault, key: RoomKey) {
    self.vault = vault
    self.key = key
  }

  func send(_ text: String) async {
    let now = ContinuousClock.now
    let sealed = await vault.seal(text, with: key)
    history.append(SealedMessage(text: sealed, sentAt: now))
  }

  func changeKey() async {
    let next = await vault.makeKey()
    history = history.map { $0.sealed(anew: next, insteadOf: key) }
    key = next
  }
}

/// A room of secrets that looks again after each wait: a message is sealed until that was done with
/// the key that the room has by then.
actor CarefulSecretRoom: SecretRoom {
  private(set) var key: RoomKey
  private(set) var history: [SealedMessage] = []
  private let vault: Vault

  init(_ vault: Vault, key: RoomKey) {
    self.vault = vault
    self.key = key
  }

  func send(_ text: String) async {
    let now = ContinuousClock.now
    while true {
      let used = key
      let sealed = await vault.seal(text, with: used)
      guard used == key else { continue }
      return history.append(SealedMessage(text: sealed, sentAt: now))
    }
  }

  func changeKey() async {
    let next = await vault.makeKey()
    history = history.map { $0.sealed(anew: next, insteadOf: key) }
    key = next
  }
}

extension SealedMessage {
  /// The same message for those who have the next key; as it is, if the old one does not open it.
  fileprivate func sealed(anew next: RoomKey, insteadOf old: RoomKey) -> SealedMessage {
    guard let opened = text.opened(with: old) else { return self }
    return SealedMessage(text: SealedText(opened, sealedWith: next), sentAt: sentAt)
  }
}
