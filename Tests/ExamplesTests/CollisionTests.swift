import Examples
import Foundation
import Interleave
import Testing

/// What the reports of the systems' races say collided, beside what did.
@Suite struct CollisionTests {
  /// A race, and the lines that collide in it.
  ///
  /// For a stretch, where the task was before, what came between, and where it went on; otherwise,
  /// two lines in their order. Where the run fails before the first task goes on, it is a look that
  /// came before a change.
  struct Known: Sendable, CustomTestStringConvertible {
    let race: String
    let lines: [String]
    let look: String?

    init(_ race: String, _ lines: String...) {
      self.race = race
      self.lines = lines
      look = nil
    }

    init(_ race: String, look: String) {
      self.race = race
      self.look = look
      lines = []
    }

    var testDescription: String { race }

    static let all = [
      Known(
        "cart-line", "if let index = lines.firstIndex", "lines.append(CartLine",
        "lines.append(CartLine"),
      Known("cart-receipt", "guard !lines.isEmpty", "lines.append(CartLine", "let receipt = "),
      Known(
        "cart-payment",
        look: "Task 0.1 (ShoppingCart.checkout) at ShoppingCart.swift:32 "
          + "ran on ShoppingCart before `lines` was removed"),
      Known(
        "game-start",
        look: "Task 0.1 (GameServer.startMatch) at GameServer.swift:33 "
          + "ran on GameServer before `match` was stored"),
      Known("game-points", "winner == nil", "scores[player] = score", "scores[player] = score"),
      Known("game-winner", "scores[player] = score", "winner = player", "winner = player"),
      Known("game-leaderboard", "players.removeAll", "winner = player", "winner = player"),
      Known(
        "chat-join", "var joined = rooms[room]", "joined.members.insert(user)",
        "joined.members.insert(user)"),
      Known("chat-limit", "let now = ", "limit.count(user, at: now)", "limit.count(user, at: now)"),
      Known("chat-reconnect", "AsyncStream.makeStream", "limit.count(user", "for message in await"),
      Known(
        "chat-reaction", "let reaction = ", "rooms[room]?.add(reaction", "rooms[room]?.add(reaction"
      ),
      Known("chat-key", "let now = ", "history = history.map", "history.append("),
      Known(
        "pool-waiter", "await release(connection)", "guard !isClosed", "idle.append(connection)"),
      Known(
        "pool-close", "guard !isClosed", "isClosed = true", "idle.append(connection)"),
      Known(
        "token-refresh",
        look: "Task 0.1 (ClientSession.validToken) at ClientSession.swift:20 "
          + "ran on ClientSession before `token` was changed"),
      Known("token-sign-out", "guard let token", "session.signOut()", "guard let token"),
      Known("token-user", "if let refresh", "await session.signIn(", "guard let token"),
      Known(
        "images-download", "if let image = images[name]", "await disk.image(name)",
        "await disk.image(name)"),
      Known("images-replace", "await cache.forget", "withTaskCancellationHandler", "images[name]"),
      Known(
        "jobs-submit", "guard states[job.id] == nil", "states[job.id] = .succeeded",
        "states[job.id] = .queued"),
      Known("hub-order", "lastNumber += 1", "lastNumber += 1", "subscriber.yield(event)"),
      Known(
        "hub-return", "subscribers[name] = continuation", "self.unsubscribe(name)",
        "lastNumber += 1"),
      Known(
        "device-close",
        look: "Task 0.1 (Peripheral.disconnect) at Peripheral.swift:32 "
          + "ran on Peripheral before `state` was changed"),
      Known("device-link", "guard case .disconnected", "await radio.close(link)"),
      Known(
        "device-ghost", "guard case .disconnected", "guard case .disconnected",
        "state = .connected(link:"),
    ]
  }

  @Test(arguments: Known.all) func theStepsThatCollideAreNamedFirst(known: Known) async throws {
    let race = try #require(SystemRace.all.first { $0.name == known.race })
    var configuration = FuzzConfiguration()
    configuration.schedules = 1_000
    configuration.seed = 1
    configuration.corpus = .none
    configuration.shrinking.runs = 500
    let failure = try #require(await race.inRacySystem(Fuzzer(configuration)).failure)
    let lines = failure.text(width: 120).split(separator: "\n").map(String.init)
    let start = try #require(lines.firstIndex(of: "What collided"), "\(failure)")
    if let look = known.look {
      let words = lines[start...].prefix { !$0.isEmpty }
        .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
      #expect(words.contains(look), "\(failure)")
      #expect(words.contains("which comes first in the nearest run that passes"), "\(failure)")
      return
    }
    let rows = lines[start...].filter { $0.hasPrefix("    task ") }
    try #require(rows.count >= known.lines.count, "\(failure)")
    for (row, line) in zip(rows, known.lines) {
      #expect(row.contains(line), "\(failure)")
    }
    let experiment = lines[start...].first { $0.hasPrefix("  By experiment: ") }
    #expect(experiment?.contains("it passes") == true, "\(failure)")
  }
}
