/// Two requests need a token just after it has expired.
public enum TokenExample {
  /// - Parameter prepare: Is given the server before anything happens.
  public static func racy(_ prepare: (TokenServer) -> Void = { _ in }) async throws {
    try await requestTwice(Session.self, prepare)
  }

  /// - Parameter prepare: Is given the server before anything happens.
  public static func mended(_ prepare: (TokenServer) -> Void = { _ in }) async throws {
    try await requestTwice(MendedSession.self, prepare)
  }

  private static func requestTwice<Subject: TokenSession>(
    _: Subject.Type, _ prepare: (TokenServer) -> Void
  ) async throws {
    let server = TokenServer(latest: 1)
    prepare(server)
    let session = Subject(token: Token(number: 1, isExpired: true), server: server)
    async let profile = session.validToken()
    async let messages = session.validToken()
    _ = try await (profile, messages)
  }
}
