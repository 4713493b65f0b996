/// What a client shows to the server, and what it can trade in for a new one.
public struct Token: Sendable, Hashable, CustomStringConvertible {
  public var number: Int
  public var isExpired: Bool

  public init(number: Int, isExpired: Bool) {
    self.number = number
    self.isExpired = isExpired
  }

  public var description: String { "#\(number)\(isExpired ? " (expired)" : "")" }
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
    return Token(number: latest, isExpired: false)
  }
}

/// The server no longer trusts the client: the user has to type the password.
public struct SignedOut: Error {}

/// A session that refreshes its token twice.
///
/// Two requests go out at the same time and find the token expired. Each asks for
/// a new one, since nothing tells the second that the first is already waiting
/// for the answer. The second shows a token that has just been traded in, and the
/// user is signed out. Several SDKs have shipped this.
public actor Session {
  private var token: Token
  private let server: TokenServer

  public init(token: Token, server: TokenServer) {
    self.token = token
    self.server = server
  }

  /// A token that the server will accept.
  public func validToken() async throws -> Token {
    if !token.isExpired { return token }
    token = try await server.refresh(token)
    return token
  }
}

/// A session in which whoever finds a refresh in flight waits for it.
public actor MendedSession {
  private var token: Token
  private var refresh: Task<Token, any Error>?
  private let server: TokenServer

  public init(token: Token, server: TokenServer) {
    self.token = token
    self.server = server
  }

  /// A token that the server will accept.
  public func validToken() async throws -> Token {
    if let refresh { return try await refresh.value }
    if !token.isExpired { return token }
    let refresh = Task { [server, token] in try await server.refresh(token) }
    self.refresh = refresh
    defer { self.refresh = nil }
    token = try await refresh.value
    return token
  }
}

/// Two requests need a token just after it has expired.
public enum TokenExample {
  /// - Parameter prepare: Is given the server before anything happens.
  public static func racy(_ prepare: (TokenServer) -> Void = { _ in }) async throws {
    let server = TokenServer(latest: 1)
    prepare(server)
    let session = Session(token: Token(number: 1, isExpired: true), server: server)
    async let profile = session.validToken()
    async let messages = session.validToken()
    _ = try await (profile, messages)
  }

  /// - Parameter prepare: Is given the server before anything happens.
  public static func mended(_ prepare: (TokenServer) -> Void = { _ in }) async throws {
    let server = TokenServer(latest: 1)
    prepare(server)
    let session = MendedSession(token: Token(number: 1, isExpired: true), server: server)
    async let profile = session.validToken()
    async let messages = session.validToken()
    _ = try await (profile, messages)
  }
}
