/// A game server that acts in the breath in which it decides, and then waits.
///
/// A match goes through its phases in one direction, and whoever moves it on does so before the
/// first `await`: the next one to come finds it there. What takes time has a phase of its own.
actor MendedGameServer: MatchServer {
  private enum Phase {
    case lobby
    case starting
    case playing(match: Int)
    case finished
  }

  private(set) var scores: [String: Int] = [:]
  private(set) var announced: [String] = []
  private var players: [String] = []
  private var phase = Phase.lobby
  private let services: GameServices
  private let winningScore: Int

  init(_ services: GameServices, winningScore: Int) {
    self.services = services
    self.winningScore = winningScore
  }

  func connect(_ player: String) { players.append(player) }

  func disconnect(_ player: String) async {
    players.removeAll { $0 == player }
    guard case .playing(let match) = phase, let other = players.first else { return }
    await finish(match, winner: other)
  }

  func startMatch() async -> Bool {
    guard case .lobby = phase else { return false }
    phase = .starting
    phase = .playing(match: await services.arena.allocate())
    return true
  }

  func score(_ points: Int, for player: String) async -> Int? {
    guard case .playing(let match) = phase else { return nil }
    let score = scores[player, default: 0] + points
    scores[player] = score
    if score >= winningScore {
      await finish(match, winner: player)
    } else {
      await services.replay.append("\(player) has \(score)")
    }
    return score
  }

  /// Ends the match: nobody scores any more while the referee looks at it.
  private func finish(_ match: Int, winner: String) async {
    phase = .finished
    await services.referee.confirm(winner)
    announced.append(winner)
    await services.leaderboard.enter(winner, of: match)
  }
}
