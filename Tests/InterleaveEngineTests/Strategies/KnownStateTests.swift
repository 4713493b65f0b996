import InterleaveEngine
import Testing

@Suite struct KnownStateTests {
  /// Runs all schedules of a program within a bound.
  private func explore(
    _ machine: Machine, _ program: ActorProgram, bound: Int, skipping: Bool, limit: Int
  ) -> (runs: Int, isExhausted: Bool, seen: Set<UInt64>) {
    let search = BoundedSearch(maxPreemptions: bound, skipsKnownStates: skipping)
    var result = (runs: 0, isExhausted: false, seen: Set<UInt64>())
    while result.runs < limit, search.advance() {
      result.runs += 1
      let notes = Notes()
      _ = machine.run(search, RunStart(index: 0, seed: 0)) { Task { await program.run(notes) } }
      result.seen.insert(machine.signature)
      machine.finish()
    }
    result.isExhausted = search.isExhausted
    return result
  }

  @Test func skippingKnownStatesLosesNoInterleavingWithinABound() async throws {
    let (programs, all, tried) = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      machine.sharingWatch = SharingWatch()
      var (programs, all, tried) = (0, 0, 0)
      for seed in 0..<UInt64(400) {
        let program = ActorProgram.random(seed: seed)
        for bound in 0...3 {
          let plain = explore(machine, program, bound: bound, skipping: false, limit: 1_000)
          guard plain.isExhausted else { break }
          let short = explore(machine, program, bound: bound, skipping: true, limit: 1_000)
          #expect(short.isExhausted)
          #expect(short.seen == plain.seen, "seed \(seed), bound \(bound): \(program)")
          programs += 1
          all += plain.runs
          tried += short.runs
        }
      }
      return (programs, all, tried)
    }
    #expect(programs > 500)
    #expect(tried * 2 < all, "\(tried) of \(all) runs")
  }

  @Test func withoutAWatchNothingIsSkipped() async throws {
    let (watched, unwatched) = try await onThread {
      let machine = try Machine(settings: MachineSettings())
      let program = ActorProgram(
        actors: 2, root: [.pair([.visit(0), .visit(0)], [.visit(1), .visit(1)])])
      let unwatched = explore(machine, program, bound: 2, skipping: true, limit: 10_000)
      machine.sharingWatch = SharingWatch()
      return (explore(machine, program, bound: 2, skipping: true, limit: 10_000), unwatched)
    }
    #expect(watched.seen == unwatched.seen)
    #if os(Linux) && arch(x86_64)
      #expect(watched.runs < unwatched.runs)
    #endif
  }
}
