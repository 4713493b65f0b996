/// A session in which whoever finds a refresh *of the same token* in flight waits for it, and its
/// answer counts only while that token does.
///
/// The refresh belongs to the session and to no request, so nobody who gives up takes it away from
/// others; if the system cancels it, whoever still waits begins anew.
actor MendedClientSession: TokenSession {
  private struct Refresh {
    var expired: AccessToken
    var task: Task<AccessToken, any Error>
  }

  private(set) var token: AccessToken?
  private var refresh: Refresh?
  private let server: AuthServer

  init(token: AccessToken, server: AuthServer) {
    self.token = token
    self.server = server
  }

  func validToken() async throws -> AccessToken {
    while true {
      guard let token else { throw SignedOut() }
      if !token.isExpired { return token }
      let task = refresh(of: token)
      let result = await task.result
      if refresh?.task == task { refresh = nil }
      do {
        let fresh = try result.get()
        if self.token == token { self.token = fresh }
        return fresh
      } catch is CancellationError {
        try Task.checkCancellation()
      }
    }
  }

  /// The refresh of a token that is in flight, or else a new one.
  private func refresh(of token: AccessToken) -> Task<AccessToken, any Error> {
    if let refresh, refresh.expired == token { return refresh.task }
    let task = Task { [server] in try await server.refresh(token) }
    refresh = Refresh(expired: token, task: task)
    return task
  }

  func signIn(_ token: AccessToken) { self.token = token }
  func signOut() { token = nil }
}
