import Interleave

/// What goes wrong in a match of two.
enum GameRaces {
  static let all = [
    SystemRace(
      "game", "game-start", "a match is started once", tasks: 3, steps: 8,
      racy: { try await doubleStart(GameServer.self, $0) },
      mended: { try await doubleStart(MendedGameServer.self, $0) }),
    SystemRace(
      "game", "game-points", "every point counts", tasks: 3, steps: 14,
      racy: { try await scoreTogether(GameServer.self, $0) },
      mended: { try await scoreTogether(MendedGameServer.self, $0) }),
    SystemRace(
      "game", "game-winner", "a match has one winner", tasks: 3, steps: 18,
      racy: { try await winTogether(GameServer.self, $0) },
      mended: { try await winTogether(MendedGameServer.self, $0) }),
    SystemRace(
      "game", "game-leaderboard", "the leaderboard lists a match once", tasks: 3, steps: 19,
      racy: { try await winAndHangUp(GameServer.self, $0) },
      mended: { try await winAndHangUp(MendedGameServer.self, $0) }),
    SystemRace(
      "game", "game-operations", "points are added one after the other", .notLinearizable,
      tasks: 3, steps: 20, operations: 2, racy: GameSpec<GameServer>(),
      mended: GameSpec<MendedGameServer>()),
  ]

  /// Both players press “Start”.
  static func doubleStart<Subject: MatchServer>(_: Subject.Type, _ rule: String) async throws {
    let services = GameServices()
    let server = Subject(services, winningScore: 10)
    always(services.arena, rule) { $0.machines.count <= 1 }
    async let ann = server.startMatch()
    async let bob = server.startMatch()
    _ = await (ann, bob)
  }

  /// A player hits two targets at once.
  static func scoreTogether<Subject: MatchServer>(_: Subject.Type, _ rule: String) async throws {
    let server = Subject(GameServices(), winningScore: 10)
    eventually(server, rule) { $0.scores == ["ann": 5] }
    _ = await server.startMatch()
    async let first = server.score(2, for: "ann")
    async let second = server.score(3, for: "ann")
    _ = await (first, second)
  }

  /// Both players reach the score in the same moment.
  static func winTogether<Subject: MatchServer>(_: Subject.Type, _ rule: String) async throws {
    let server = Subject(GameServices(), winningScore: 10)
    always(server, rule) { $0.announced.count <= 1 }
    _ = await server.startMatch()
    async let ann = server.score(10, for: "ann")
    async let bob = server.score(10, for: "bob")
    _ = await (ann, bob)
  }

  /// One player wins while the other hangs up.
  static func winAndHangUp<Subject: MatchServer>(_: Subject.Type, _ rule: String) async throws {
    let services = GameServices()
    let server = Subject(services, winningScore: 10)
    always(services.leaderboard, rule) { Set($0.entries.map(\.match)).count == $0.entries.count }
    await server.connect("ann")
    await server.connect("bob")
    _ = await server.startMatch()
    async let winning = server.score(10, for: "ann")
    async let leaving: Void = server.disconnect("bob")
    _ = await (winning, leaving)
  }
}
