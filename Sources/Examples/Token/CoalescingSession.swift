/// A session as it looks after the first bug report: one refresh at a time, and a new bug.
///
/// Whoever finds a refresh in flight waits for it, so no token is traded in twice. But whose refresh
/// it is, nobody asks. When another user signs in while it is in flight, their requests wait for it
/// too, and go out with the token of the user before.
actor CoalescingSession: TokenSession {
  private(set) var token: AccessToken?
  private var refresh: Task<AccessToken, any Error>?
  private let server: AuthServer

  init(token: AccessToken, server: AuthServer) {
    self.token = token
    self.server = server
  }

  func validToken() async throws -> AccessToken {
    if let refresh { return try await refresh.value }
    guard let token else { throw SignedOut() }
    if !token.isExpired { return token }
    let refresh = Task { [server] in try await server.refresh(token) }
    self.refresh = refresh
    defer { self.refresh = nil }
    let fresh = try await refresh.value
    self.token = fresh
    return fresh
  }

  func signIn(_ token: AccessToken) { self.token = token }
  func signOut() { token = nil }
}
