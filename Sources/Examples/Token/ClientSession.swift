/// A session that refreshes its token twice.
///
/// Two requests go out at the same time and find the token expired. Each asks for
/// a new one, since nothing tells the second that the first is already waiting
/// for the answer. The second shows a token that has just been traded in, and the
/// user is signed out. Several SDKs have shipped this.
///
/// It also keeps whatever the server answers, as if nothing could have happened
/// meanwhile: who signs out during a refresh is signed in again by its answer.
actor ClientSession: TokenSession {
  private(set) var token: AccessToken?
  private let server: AuthServer

  init(token: AccessToken, server: AuthServer) {
    self.token = token
    self.server = server
  }

  func validToken() async throws -> AccessToken {
    guard let token else { throw SignedOut() }
    if !token.isExpired { return token }
    let fresh = try await server.refresh(token)
    self.token = fresh
    return fresh
  }

  func signIn(_ token: AccessToken) { self.token = token }
  func signOut() { token = nil }
}
