#if os(Linux)
  import Dispatch
  import Foundation
  import InterleaveEngine
  import Testing

  @testable import Interleave

  /// Runs its jobs on a queue.
  final class NativeLine: SerialExecutor {
    let queue = DispatchQueue(label: "line")

    func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      let executor = asUnownedSerialExecutor()
      queue.async { job.runSynchronously(on: executor) }
    }
  }

  /// What a configuration leaves alone on purpose works for runs as natively, and is told as a partner.
  @Suite(.enabled(if: Interruptions.obstacle == nil), .timeLimit(.minutes(10)))
  struct NativePartnerTests {
    private typealias Partner = FuzzConfiguration.NativePartner

    private final class Count: @unchecked Sendable {
      private let lock = NSLock()
      private var value = 0
      @discardableResult func next() -> Int {
        lock.withLock {
          value += 1
          return value
        }
      }
      var total: Int { lock.withLock { value } }
    }

    private func left(
      alone partners: [Partner], schedules: Int = 10,
      _ body: @escaping @Sendable () async throws -> Void
    ) async -> FuzzOutcome {
      await fuzzed(schedules: schedules, { $0.native = partners }) {
        async let other: Void = Task.yield()
        await Task.yield()
        try await body()
        await other
      }
    }

    /// Nothing is said of it but that it was there.
    private func expectPartner(_ outcome: FuzzOutcome, _ words: String) {
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(outcome.report.escapes.isEmpty, "\(outcome)")
      #expect(outcome.report.warnings.isEmpty, "\(outcome)")
      #expect(outcome.report.partners.contains { $0.contains(words) }, "\(outcome)")
      #expect("\(outcome.report)".contains("partner: "), "\(outcome)")
    }

    // MARK: Queues

    @Sendable private func ask(_ label: String) async -> Int {
      await withCheckedContinuation { continuation in
        DispatchQueue(label: label).async { continuation.resume(returning: 5) }
      }
    }

    @Test func aQueueIsLeftToLibdispatch() async {
      let outcome = await left(alone: [.queue("camera")]) { #expect(await ask("camera") == 5) }
      expectPartner(outcome, "work was handed to libdispatch")
    }

    @Test func anotherIsNot() async {
      let outcome = await left(alone: [.queue("camera")]) { #expect(await ask("screen") == 5) }
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(outcome.report.partners.isEmpty, "\(outcome)")
    }

    // MARK: Executors

    private actor Device {
      private let line = NativeLine()
      private var uses = 0
      nonisolated var unownedExecutor: UnownedSerialExecutor { line.asUnownedSerialExecutor() }

      func use() -> Int {
        dispatchPrecondition(condition: .onQueue(line.queue))
        uses += 1
        return uses
      }
    }

    @Sendable private func useTwice() async {
      let device = Device()
      async let first = device.use()
      async let second = device.use()
      let (one, other) = await (first, second)
      #expect(one + other == 3)
    }

    @Test func anExecutorRunsItsJobsWhenItWantsTo() async {
      let outcome = await left(alone: [.executor(NativeLine.self)]) { await useTwice() }
      expectPartner(outcome, "a job was handed to a native executor")
    }

    @Test func itMayBeCalledByItsName() async {
      let outcome = await left(alone: [.executor(named: "NativeLine")]) {
        await useTwice()
      }
      expectPartner(outcome, "a job was handed to a native executor")
    }

    @Test func otherExecutorsAreTheRuns() async {
      let outcome = await left(alone: [.executor(named: "Elsewhere")]) { await useTwice() }
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(outcome.report.partners.isEmpty, "\(outcome)")
    }

    // MARK: Modules

    @Test func whatAModuleHandsToQueuesIsLeftAlone() async {
      let outcome = await left(alone: [.module("InterleaveTests")]) {
        #expect(await ask("any") == 5)
      }
      expectPartner(outcome, "work was handed to libdispatch")
    }

    @Test func anotherModuleIsTheRuns() async {
      let outcome = await left(alone: [.module("Elsewhere")]) { #expect(await ask("any") == 5) }
      #expect(outcome.failure == nil, "\(outcome)")
      #expect(outcome.report.partners.isEmpty, "\(outcome)")
    }

    @Test func aSymbolNamesItsModule() {
      #expect(Symbolicator.module(ofSymbol: "$s4Shop5StockC4takeyyF") == "Shop")
      #expect(Symbolicator.module(ofSymbol: "$sSo3fooyyF") == nil)
      #expect(Symbolicator.module(ofSymbol: "$s90Shop") == nil)
      #expect(Symbolicator.module(ofSymbol: "main") == nil)
    }

    // MARK: Blame

    /// Fails in each fifth run, by what a queue does.
    private func failOnce(leavingAlone partners: [Partner]) async -> FuzzOutcome {
      let answers = Count()
      return await left(alone: partners, schedules: 20) {
        let answer = await withCheckedContinuation { continuation in
          DispatchQueue(label: "camera").async { continuation.resume(returning: answers.next()) }
        }
        #expect(!answer.isMultiple(of: 5))
      }
    }

    @Test func aRunThatDependsOnAPartnerIsNotBlamedForThat() async throws {
      let outcome = await failOnce(leavingAlone: [.queue("camera")])
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.kind == .expectation, "\(failure)")
      #expect(outcome.report.warnings.isEmpty, "\(outcome)")
    }

    @Test func oneThatDependsOnItselfIs() async throws {
      let outcome = await failOnce(leavingAlone: [])
      let failure = try #require(outcome.failure, "\(outcome)")
      #expect(failure.kind == .nondeterministic, "\(failure)")
    }

    @Test func whatHasNoNameCannotBeLeftAlone() async throws {
      await #expect(throws: ConfigurationError.self) {
        try await fuzz(native: [.queue("")]) {}
      }
    }
  }
#endif
