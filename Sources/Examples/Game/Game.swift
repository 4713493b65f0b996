/// Gives matches the machines that they run on, at a price.
actor Arena {
  /// The machines that were set aside, by the matches that run on them.
  private(set) var machines: Set<Int> = []

  /// Sets a machine aside.
  ///
  /// - Returns: The number of the match that will run on it.
  func allocate() -> Int {
    let match = machines.count + 1
    machines.insert(match)
    return match
  }
}

/// Looks at a match before its result counts.
actor Referee {
  private(set) var confirmations: [String] = []

  /// Confirms that nobody has cheated.
  func confirm(_ winner: String) { confirmations.append(winner) }
}

/// The winners of all matches.
actor Leaderboard {
  struct Entry: Sendable, Hashable {
    var match: Int
    var winner: String
  }

  private(set) var entries: [Entry] = []

  func enter(_ winner: String, of match: Int) {
    entries.append(Entry(match: match, winner: winner))
  }
}

/// What a game server needs besides itself.
struct GameServices: Sendable {
  let arena = Arena()
  let referee = Referee()
  let leaderboard = Leaderboard()
  /// What is shown to those who watch.
  let replay = AuditLog()
}

/// A server for matches of two; who first has enough points wins.
protocol MatchServer: Actor {
  init(_ services: GameServices, winningScore: Int)
  var scores: [String: Int] { get }
  /// The players who were told that they have won.
  var announced: [String] { get }
  func connect(_ player: String)
  /// Lets a player go; if a match is on, the other one has won it.
  func disconnect(_ player: String) async
  /// Starts a match, if none is on.
  func startMatch() async -> Bool
  /// Gives points to a player.
  ///
  /// - Returns: What the player has now; nil if no match is on.
  func score(_ points: Int, for player: String) async -> Int?
}
