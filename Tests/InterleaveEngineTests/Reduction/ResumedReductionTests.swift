import InterleaveEngine
import Testing

@globalActor private actor Porch {
  static let shared = Porch()
}

@globalActor private actor Garden {
  static let shared = Garden()
}

/// A reduced search that goes on from what another one has told in numbers.
@Suite struct ResumedReductionTests {
  private static let body: @Sendable (Notes) async -> Void = { notes in
    async let porch: Void = { @Porch in notes.add("a", to: "porch") }()
    async let again: Void = { @Porch in notes.add("b", to: "porch") }()
    async let garden: Void = { @Garden in notes.add("c", to: "garden") }()
    async let other: Void = { @Garden in notes.add("d", to: "garden") }()
    _ = await (porch, again, garden, other)
  }

  /// Searches until there is nothing left, or for so many runs.
  ///
  /// - Returns: What was seen, and the names of what was made outside of runs.
  private static func search(
    _ machine: Machine, _ search: Reduction, runs: Int = .max, _ seen: inout Set<UInt64>
  ) -> Set<UInt64> {
    var outside: Set<UInt64> = []
    var left = runs
    while left > 0, search.advance() {
      left -= 1
      let notes = Notes()
      _ = machine.run(search, RunStart(index: 0, seed: 0)) { Task { await Self.body(notes) } }
      search.learn(from: machine)
      if !search.wasBlocked { seen.insert(machine.signature) }
      let accesses = machine.tracedSteps().flatMap(\.accesses)
      outside.formUnion(accesses.filter(\.isOutside).map(\.object))
      machine.finish()
    }
    return outside
  }

  @Test(arguments: [1, 2, 7, 30], [false, true])
  func whatWasLeftIsFoundWhateverThingsAreCalledThere(runs: Int, isRenamed: Bool) async throws {
    try await onThread {
      let machine = try Machine(settings: MachineSettings())
      var all: Set<UInt64> = []
      let whole = Reduction()
      _ = Self.search(machine, whole, &all)
      #expect(whole.isExhausted && all.count == whole.completed && all.count > 40)

      var seen: Set<UInt64> = []
      let first = Reduction()
      let outside = Self.search(machine, first, runs: runs, &seen)
      #expect(!first.isExhausted && !outside.isEmpty)
      var words = try #require(first.words)
      // As in a process in which global actors lie elsewhere.
      if isRenamed { words = words.map { outside.contains($0) ? $0 ^ 0x5A5A_0000 : $0 } }
      let second = try #require(Reduction(words: words))
      _ = Self.search(machine, second, &seen)
      #expect(second.continuation == .accepted)
      #expect(second.isExhausted && seen == all)
      #expect(isRenamed || second.completed == whole.completed)
    }
  }

  @Test func anotherProgramIsRefused() async throws {
    try await onThread {
      let machine = try Machine(settings: MachineSettings())
      var seen: Set<UInt64> = []
      let first = Reduction()
      _ = Self.search(machine, first, runs: 5, &seen)
      let words = try #require(first.words)
      let second = try #require(Reduction(words: words))
      #expect(second.advance() && second.continuation == .open)
      _ = machine.run(second, RunStart(index: 0, seed: 0)) {
        Task { await Task.yield() }
      }
      second.learn(from: machine)
      machine.finish()
      #expect(second.continuation == .refused && second.words == nil)
    }
  }

  @Test func numbersThatAreNoSearchAreNone() async throws {
    try await onThread {
      let machine = try Machine(settings: MachineSettings())
      var seen: Set<UInt64> = []
      let search = Reduction()
      _ = Self.search(machine, search, runs: 5, &seen)
      let words = try #require(search.words)
      #expect(Reduction(words: words) != nil)
      #expect(Reduction(words: []) == nil)
      #expect(Reduction(words: words + [0]) == nil)
      for count in words.indices { #expect(Reduction(words: Array(words[..<count])) == nil) }
    }
  }
}
