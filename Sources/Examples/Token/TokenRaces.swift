import Interleave

/// What goes wrong in a session whose token expires.
enum TokenRaces {
  static let all = [
    SystemRace(
      "token", "token-refresh", "a token is traded in once", tasks: 3, steps: 7,
      racy: { rule in try await TokenExample.racy { always($0, rule) { $0.refreshes <= 1 } } },
      mended: { rule in try await TokenExample.mended { always($0, rule) { $0.refreshes <= 1 } } }),
    SystemRace(
      "token", "token-sign-out", "who has signed out stays signed out", tasks: 3, steps: 8,
      racy: { try await requestAndSignOut(Session.self, $0) },
      mended: { try await requestAndSignOut(MendedSession.self, $0) }),
    SystemRace(
      "token", "token-user", "a request goes out in the name of whoever is signed in",
      .thrownError, tasks: 3, steps: 12,
      racy: { try await requestAndSignIn(CoalescingSession.self, $0) },
      mended: { try await requestAndSignIn(MendedSession.self, $0) }),
  ]

  /// A user signs out while a request is on its way.
  static func requestAndSignOut<Subject: TokenSession>(
    _: Subject.Type, _ rule: String
  ) async throws {
    let session = Subject(
      token: Token(number: 1, isExpired: true), server: TokenServer(latest: 1))
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
      token: Token(user: "ann", number: 1, isExpired: true), server: TokenServer(latest: 1))
    async let requesting = token(of: session)
    await session.signIn(Token(user: "bob", number: 7, isExpired: false))
    let token = try await token(of: session)
    _ = try await requesting
    try expect(token?.user == "bob", "\(rule) (was \(token?.user ?? "nobody"))")
  }

  /// A token, if the user is still there.
  private static func token(of session: some TokenSession) async throws -> Token? {
    do {
      return try await session.validToken()
    } catch is SignedOut {
      return nil
    }
  }
}
