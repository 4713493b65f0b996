/// What a client shows to the server, and what it can trade in for a new one.
struct AccessToken: Sendable, Hashable, CustomStringConvertible {
  var user: String
  var number: Int
  var isExpired: Bool

  init(user: String = "ann", number: Int, isExpired: Bool) {
    self.user = user
    self.number = number
    self.isExpired = isExpired
  }

  var description: String { "\(user) #\(number)\(isExpired ? " (expired)" : "")" }
}

/// The server's side: each token can be traded in once.
///
/// A token that comes in a second time may have been stolen, so the server then
/// signs the user out.
actor AuthServer {
  private(set) var refreshes = 0
  private var latest: Int

  init(latest: Int) {
    self.latest = latest
  }

  /// Trades an expired token in.
  ///
  /// - Throws: ``SignedOut`` for a token that was traded in before; `CancellationError` if nobody
  ///   waits for the answer any more.
  func refresh(_ token: AccessToken) throws -> AccessToken {
    try Task.checkCancellation()
    refreshes += 1
    guard token.number == latest else { throw SignedOut() }
    latest += 1
    return AccessToken(user: token.user, number: latest, isExpired: false)
  }
}

/// A client's side: the token of the user who is signed in.
protocol TokenSession: Actor {
  init(token: AccessToken, server: AuthServer)
  var token: AccessToken? { get }
  /// A token that the server will accept.
  ///
  /// - Throws: ``SignedOut``; `CancellationError` if the caller has given up.
  func validToken() async throws -> AccessToken
  /// Signs a user in, with a token that is good.
  func signIn(_ token: AccessToken)
  func signOut()
}
