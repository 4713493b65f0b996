import Interleave

/// What goes wrong in a session whose token expires.
enum TokenRaces {
  private static let staying = "a request that stays is answered"

  static let all = [
    SystemRace(
      "token", "token-refresh", "a token is traded in once", tasks: 3, steps: 8,
      racy: { try await requestTwice(ClientSession.self, $0) },
      mended: { try await requestTwice(MendedClientSession.self, $0) }),
    SystemRace(
      "token", "token-sign-out", "who has signed out stays signed out", tasks: 3, steps: 8,
      racy: { try await requestAndSignOut(ClientSession.self, $0) },
      mended: { try await requestAndSignOut(MendedClientSession.self, $0) }),
    SystemRace(
      "token", "token-user", "a request goes out in the name of whoever is signed in",
      .thrownError, tasks: 3, steps: 12,
      racy: { try await requestAndSignIn(CoalescingSession.self, $0) },
      mended: { try await requestAndSignIn(MendedClientSession.self, $0) }),
    SystemRace(
      "token", "token-line", staying, .lostWakeUp, tasks: 3, steps: 8,
      cancellation: .anyTask,
      racy: { try await requestTwice(QueueingSession.self, $0) },
      mended: { try await requestTwice(MendedClientSession.self, $0) }),
  ]

  /// Two requests are made just after the token has expired.
  static func requestTwice<Subject: TokenSession>(_: Subject.Type, _ rule: String) async throws {
    let server = AuthServer(latest: 1)
    always(server, rule) { $0.refreshes <= 1 }
    let session = Subject(token: AccessToken(number: 1, isExpired: true), server: server)
    async let profile = token(of: session)
    async let messages = token(of: session)
    _ = try await (profile, messages)
  }

  /// A user signs out while a request is on its way.
  static func requestAndSignOut<Subject: TokenSession>(
    _: Subject.Type, _ rule: String
  ) async throws {
    let session = Subject(
      token: AccessToken(number: 1, isExpired: true), server: AuthServer(latest: 1))
    eventually(session, rule) { $0.token == nil }
    async let requesting = token(of: session)
    async let leaving: Void = session.signOut()
    _ = try await (requesting, leaving)
  }

  /// Another user signs in while a request is on its way, and makes one.
  static func requestAndSignIn<Subject: TokenSession>(
    _: Subject.Type, _ rule: String
  ) async throws {
    let session = Subject(
      token: AccessToken(user: "ann", number: 1, isExpired: true), server: AuthServer(latest: 1))
    async let requesting = token(of: session)
    await session.signIn(AccessToken(user: "bob", number: 7, isExpired: false))
    let token = try await token(of: session)
    _ = try await requesting
    try expect(token?.user == "bob", "\(rule) (was \(token?.user ?? "nobody"))")
  }

  /// A token, if the user is still there, and still wants it.
  private static func token(of session: some TokenSession) async throws -> AccessToken? {
    do {
      return try await session.validToken()
    } catch is SignedOut {
      return nil
    } catch is CancellationError {
      try expect(Task.isCancelled, staying)
      return nil
    }
  }
}
