import InterleaveBugs
import Testing

@testable import Interleave

/// What the reports of programs with a known bug say collided, beside what does.
@Suite struct KnownCauseTests {
  /// A program, a line of each of the two tasks that get in each other's way, and the properties
  /// that their race is about.
  struct Known: Sendable, CustomTestStringConvertible {
    let program: String
    let lines: [String]
    /// Another pair that is as right: where it takes two orders, either says it.
    let others: [String]?
    let properties: Set<String>

    init(
      _ program: String, _ first: String, _ second: String, _ properties: String...,
      or others: (String, String)? = nil
    ) {
      self.program = program
      lines = [first, second]
      self.others = others.map { [$0, $1] }
      self.properties = Set(properties)
    }

    var testDescription: String { program }
  }

  static let all = [
    Known("account", "await balance.get()", "await balance.set(before + 10)", "value"),
    Known("bank_2", "guard balance >= amount", "balance -= amount", "balance"),
    Known("bank_5", "guard balance >= amount", "balance -= amount", "balance"),
    Known("wronglock_3", "await value.get()", "await value.set(before + 1)", "value"),
    Known("ratelimiter_4", "await entered.get() < limit", "entered.update", "value"),
    Known("poolovershoot_3", "guard open < limit", "open += 1", "open"),
    Known("doublecharge", "ledger.get().contains(7)", "ledger.update", "value"),
    Known("audit", "await second.get()", "await second.update", "value"),
    Known("stalecache", "cache.get().version", "cache.update { $0 = ", "value"),
    Known(
      "reorder_5", "await b.get()", "await b.set(1)", "value",
      or: ("await a.set(1)", "await a.get()")),
    Known(
      "twostage_5", "await derived.get()", "await derived.set(value + 1)", "value",
      or: ("await source.set(1)", "await source.get()")),
    Known("stringbuffer", "await text.count", "text.removeAll()", "characters"),
    Known("readerswriters", "await high.get()", "await high.set(1)", "value"),
    Known("missedevent", "await source.value", "self.value = value", "value"),
    Known("lazyinit", "await shared.get()", "await shared.set(new)", "value"),
    Known("doublechecked", "await state.get()", "await state.set(42)", "value"),
    Known("stampede_3", "if let value { return value }", "value = 1", "value"),
    Known("leaderelection_3", "await registry.get()", "await registry.set(node)", "value"),
    Known("unstructuredorder", "$0.append(1)", "$0.append(2)", "value"),
    Known("shutdown", "await server.accepts", "await server.close()", "isOpen", "active"),
    Known(
      "refcount", "await !resource.isFreed", "await resource.release()", "references", "isFreed"),
    Known("lostwakeup", "await !signal.isRaised", "await signal.raise()", "isSet"),
    Known("lockorder", "await first.lock()", "await second.lock()", "isHeld", "waiters"),
    Known(
      "requesttimeout", "await request.complete", "await request.complete", "outcomes", "isPending"),
    Known("circularbuffer", "await end.get()", "await end.set(place + 1)", "value"),
    Known("queue", "await !items.get().isEmpty", "items.update", "value"),
    Known("stack", "await elements.get()", "await elements.update", "value"),
    Known("bluetooth", "await !driver.isStopping", "await driver.leave()", "pending", "isStopped"),
    Known("tokenring_4", "await node.get()", "await nodes[count - 1].set(false)", "value"),
    Known("streamtermination", "continuation.yield(value)", "continuation.finish()"),
  ]

  @Test func theRightPairIsNamedFirstAndABystanderNever() async throws {
    var wrong: [String] = []
    for known in Self.all {
      let program = try #require(BugProgram.named(known.program))
      var configuration = FuzzConfiguration()
      configuration.schedules = 1_500
      configuration.seed = 1
      configuration.corpus = .none
      let outcome = await Fuzzer(configuration).run(named: known.program) {
        try await program.body()
      }
      let failure = try #require(outcome.failure, "\(known.program)")
      let lines = failure.asciiText(width: 160).split(separator: "\n").map(String.init)
      let story = lines.drop { $0 != "What collided" }.prefix { !$0.hasPrefix("The interleaving") }
      let first = story.prefix { !$0.hasPrefix("  By experiment: ") }
      let rows = first.filter { $0.hasPrefix("    ") }
      let pairs = [known.lines, known.others].compactMap { $0 }
      if !pairs.contains(where: { $0.allSatisfy { line in rows.contains { $0.contains(line) } } }) {
        wrong.append("\(known.program):\n\(story.joined(separator: "\n"))")
      }
      // A property is named in quotes, before its values.
      let words = story.joined(separator: " ").split(separator: "`").enumerated()
      let properties = words.filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
      #expect(known.properties.isSuperset(of: properties), "\(story.joined(separator: "\n"))")
    }
    #expect(wrong.count * 10 <= Self.all.count, "\(wrong.joined(separator: "\n\n"))")
  }
}
