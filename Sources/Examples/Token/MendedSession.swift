/// A session in which whoever finds a refresh *of the same token* in flight waits for it, and its
/// answer counts only while that token does.
public actor MendedSession: TokenSession {
  private struct Refresh {
    var expired: Token
    var task: Task<Token, any Error>
  }

  public private(set) var token: Token?
  private var refresh: Refresh?
  private let server: TokenServer

  public init(token: Token, server: TokenServer) {
    self.token = token
    self.server = server
  }

  public func validToken() async throws -> Token {
    guard let token else { throw SignedOut() }
    if !token.isExpired { return token }
    let task = refresh(of: token)
    let result = await task.result
    if refresh?.task == task { refresh = nil }
    let fresh = try result.get()
    if self.token == token { self.token = fresh }
    return fresh
  }

  /// The refresh of a token that is in flight, or else a new one.
  private func refresh(of token: Token) -> Task<Token, any Error> {
    if let refresh, refresh.expired == token { return refresh.task }
    let task = Task { [server] in try await server.refresh(token) }
    refresh = Refresh(expired: token, task: task)
    return task
  }

  public func signIn(_ token: Token) { self.token = token }
  public func signOut() { token = nil }
}
