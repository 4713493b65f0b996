/// What a client shows to the server, and what it can trade in for a new one.
public struct Token: Sendable, Hashable, CustomStringConvertible {
  public var user: String
  public var number: Int
  public var isExpired: Bool

  public init(user: String = "ann", number: Int, isExpired: Bool) {
    self.user = user
    self.number = number
    self.isExpired = isExpired
  }

  public var description: String { "\(user) #\(number)\(isExpired ? " (expired)" : "")" }
}

/// The server's side: each token can be traded in once.
///
/// A token that comes in a second time may have been stolen, so the server then
/// signs the user out.
public actor TokenServer {
  public private(set) var refreshes = 0
  private var latest: Int

  public init(latest: Int) {
    self.latest = latest
  }

  /// Trades an expired token in.
  ///
  /// - Throws: ``SignedOut`` for a token that was traded in before.
  public func refresh(_ token: Token) throws -> Token {
    refreshes += 1
    guard token.number == latest else { throw SignedOut() }
    latest += 1
    return Token(user: token.user, number: latest, isExpired: false)
  }
}

/// Nobody is signed in, or the server no longer trusts the client: the user has to type the
/// password.
public struct SignedOut: Error {}

/// A client's side: the token of the user who is signed in.
protocol TokenSession: Actor {
  init(token: Token, server: TokenServer)
  var token: Token? { get }
  /// A token that the server will accept.
  ///
  /// - Throws: ``SignedOut``.
  func validToken() async throws -> Token
  /// Signs a user in, with a token that is good.
  func signIn(_ token: Token)
  func signOut()
}
