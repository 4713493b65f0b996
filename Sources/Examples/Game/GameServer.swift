/// A game server as it is first written: it decides before an `await`, and acts after it.
///
/// - `startMatch` looks whether a match is on and then waits for a machine. Two players who both
///   press “Start” get two machines, one of which is paid for until somebody notices.
/// - `score` reads the points, waits for the replay, and writes them back. Points that were scored
///   meanwhile are gone.
/// - `finish` looks whether there is a winner and then waits for the referee. Two players who reach
///   the score in the same moment are both told that they have won; and one who wins while the other
///   hangs up is entered on the leaderboard twice.
actor GameServer: MatchServer {
  private(set) var scores: [String: Int] = [:]
  private(set) var announced: [String] = []
  private var players: [String] = []
  private var match: Int?
  private var winner: String?
  private let services: GameServices
  private let winningScore: Int

  init(_ services: GameServices, winningScore: Int) {
    self.services = services
    self.winningScore = winningScore
  }

  func connect(_ player: String) { players.append(player) }

  func disconnect(_ player: String) async {
    players.removeAll { $0 == player }
    guard let match, let other = players.first else { return }
    await finish(match, winner: other)
  }

  func startMatch() async -> Bool {
    guard match == nil else { return false }
    match = await services.arena.allocate()
    return true
  }

  func score(_ points: Int, for player: String) async -> Int? {
    guard let match, winner == nil else { return nil }
    let score = scores[player, default: 0] + points
    await services.replay.append("\(player) has \(score)")
    scores[player] = score
    if score >= winningScore { await finish(match, winner: player) }
    return score
  }

  private func finish(_ match: Int, winner player: String) async {
    guard winner == nil else { return }
    await services.referee.confirm(player)
    winner = player
    announced.append(player)
    await services.leaderboard.enter(player, of: match)
  }
}
