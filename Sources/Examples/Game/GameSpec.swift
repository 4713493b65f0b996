import Interleave

/// Two players who score in one match.
struct GameSpec<Subject: MatchServer>: LinearizableSpec {
  enum Player: String, Sendable, CaseIterable { case ann, bob }

  struct Operation: Sendable, Hashable {
    var points: Int
    var player: Player
  }

  var operations: Generator<Operation> {
    .tuple(.int(in: 1...3), .anyCase()).map { Operation(points: $0, player: $1) }
  }

  func makeSubject() async throws -> Subject {
    let server = Subject(GameServices(), winningScore: 6)
    for player in Player.allCases { await server.connect(player.rawValue) }
    _ = await server.startMatch()
    return server
  }

  func perform(_ operation: Operation, on server: Subject) async throws -> Int? {
    await server.score(operation.points, for: operation.player.rawValue)
  }

  /// The points of each player.
  func makeModel() -> [Player: Int] { [:] }

  func apply(_ operation: Operation, to scores: inout [Player: Int]) -> Int? {
    guard scores.values.allSatisfy({ $0 < 6 }) else { return nil }
    scores[operation.player, default: 0] += operation.points
    return scores[operation.player]
  }
}
