/// A session as it looks after the second bug report: the first request refreshes, the others wait
/// in a line, and a new bug.
///
/// Whoever finds a refresh under way is told of its answer, if it is still their token that it is
/// for. But the refresh belongs to the request that came first. A view that is closed gives its
/// request up; the answer never comes, nobody tells the line, and each request that comes after
/// stands at its end. The app shows a wheel that turns until it is killed.
actor QueueingSession: TokenSession {
  private(set) var token: AccessToken?
  private var refreshing: AccessToken?
  private var line: [CheckedContinuation<Void, Never>] = []
  private let server: AuthServer

  init(token: AccessToken, server: AuthServer) {
    self.token = token
    self.server = server
  }

  func validToken() async throws -> AccessToken {
    while true {
      guard let token else { throw SignedOut() }
      if !token.isExpired { return token }
      if refreshing == token {
        await withCheckedContinuation { line.append($0) }
        continue
      }
      refreshing = token
      let fresh = try await server.refresh(token)
      refreshing = nil
      if self.token == token { self.token = fresh }
      for request in line { request.resume() }
      line = []
      return fresh
    }
  }

  func signIn(_ token: AccessToken) { self.token = token }
  func signOut() { token = nil }
}
