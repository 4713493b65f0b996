import Interleave
import Testing

/// What tasks share unseen keeps a proof from being claimed.
@Suite struct SharingTests {
  private func outcome(
    _ strategy: FuzzConfiguration.StrategyChoice, _ body: @escaping @Sendable () async -> Void
  ) async -> FuzzOutcome {
    var configuration = FuzzConfiguration()
    configuration.strategy = strategy
    configuration.seed = 1
    configuration.corpus = .none
    return await Fuzzer(configuration).run(named: "sharing", body)
  }

  @Test(arguments: SharingProgram.allCases)
  func nothingIsClaimedWhereMemoryIsSharedUnseen(program: SharingProgram) async {
    for strategy in [FuzzConfiguration.StrategyChoice.portfolio, .reduction] {
      let outcome = await outcome(strategy) { await program.run() }
      #expect(outcome.failure == nil)
      #expect(!outcome.report.isExhaustive)
      #expect(
        outcome.report.warnings.contains { $0.contains("uses atomics or a Mutex") }
          == (strategy.name == "reduction"), "\(outcome.report.warnings)")
    }
  }

  #if os(Linux) && arch(x86_64)
    @Test func whatIsSharedUnderALockOfFoundationIsSeen() async {
      let orders = Orders()
      let outcome = await outcome(.reduction) {
        let keeper = LockedLines()
        async let one: Void = Clerk().enter("one", in: keeper)
        async let other: Void = Clerk().enter("other", in: keeper)
        _ = await (one, other)
        orders.add(keeper.lines)
      }
      #expect(outcome.failure == nil)
      #expect(outcome.report.isExhaustive)
      #expect(orders.seen == [["one", "other"], ["other", "one"]])
    }

    @Test func whatIsSharedOnADispatchQueueIsSeen() async {
      let orders = Orders()
      let outcome = await outcome(.reduction) {
        let keeper = QueuedLines()
        async let one: Void = Clerk().enter("one", in: keeper)
        async let other: Void = Clerk().enter("other", in: keeper)
        _ = await (one, other)
        orders.add(keeper.lines)
      }
      #expect(outcome.failure == nil)
      #expect(outcome.report.isExhaustive)
      #expect(orders.seen == [["one", "other"], ["other", "one"]])
    }
  #endif
}
