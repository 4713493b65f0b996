#if os(Linux)
  import Dispatch
  import Foundation
  import Interleave
  import InterleaveBugs
  import InterleaveEngine
  import Testing

  /// What goes wrong between a thread and a task is kept and replayed as any other failure is.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct ThreadEntryTests {
    /// By what the program makes its thread.
    enum Maker: CaseIterable, Sendable {
      case thread, pthread
    }

    private func fuzz(_ maker: Maker, isMended: Bool, in folder: String) async -> FuzzOutcome {
      await fuzzed(schedules: 1_000, { $0.corpus = .at(folder) }, named: "till") {
        let till = Till(isMended: isMended)
        async let ofTask: Void = till.pay(30)
        switch maker {
        case .thread:
          await withCheckedContinuation { continuation in
            Thread.detachNewThread {
              Thread.current.name = "payer"
              till.payHere(70)
              continuation.resume()
            }
          }
        case .pthread: JoinableThread { till.payHere(70) }.join()
        }
        await ofTask
        #expect(till.total == 100)
      }
    }

    @Test(arguments: Maker.allCases)
    func itIsFoundShrunkKeptReplayedAndFixed(maker: Maker) async throws {
      try await withTemporaryFolder { folder in
        let found = try #require(await fuzz(maker, isMended: false, in: folder).failure)
        #expect(found.kind == .expectation, "\(found)")
        #expect(found.schedulesTried > 1, "\(found)")
        #expect(found.interleaving.preemptions == 1, "\(found)")
        #expect("\(found)".contains("thread 1 `"), "\(found)")
        let file = try #require(found.corpusFile, "\(found)")

        let again = await fuzz(maker, isMended: false, in: folder)
        let replayed = try #require(again.failure, "\(again)")
        #expect(replayed.corpusFile == file)
        #expect(replayed.strategy == nil, "no search has found it")
        #expect(replayed.schedulesTried == 1, "\(replayed)")
        #expect(
          replayed.interleaving.steps.map(\.name) == found.interleaving.steps.map(\.name),
          "\(replayed)")
        #expect(again.report.warnings.isEmpty, "\(again)")

        let mended = await fuzz(maker, isMended: true, in: folder)
        #expect(mended.failure == nil, "\(mended)")
        #expect(mended.report.fixed == [file], "\(mended)")
        #expect(mended.report.warnings.isEmpty, "\(mended)")
      }
    }

    @Test(arguments: Maker.allCases)
    func theSameSeedFindsTheSame(maker: Maker) async throws {
      let entries = try await (0..<3).asyncMap { _ in
        try await withTemporaryFolder { folder in
          let failure = try #require(await fuzz(maker, isMended: false, in: folder).failure)
          let file = try #require(failure.corpusFile)
          return try String(contentsOfFile: file, encoding: .utf8)
        }
      }
      #expect(Set(entries).count == 1, "\(entries)")
    }
  }

  /// Counts what is paid.
  ///
  /// Unless it is mended, what others pay meanwhile is lost.
  private final class Till: Sendable {
    private let money = Locked(0)
    private let isMended: Bool

    init(isMended: Bool) { self.isMended = isMended }

    var total: Int { money.get() }

    func pay(_ amount: Int) async { payHere(amount) }

    func payHere(_ amount: Int) {
      // It looks twice, as it did before it was mended, so that the old interleaving is still there.
      let before = money.get()
      money { $0 = (isMended ? $0 : before) + amount }
    }
  }

  extension Sequence {
    fileprivate func asyncMap<Result>(
      _ transform: (Element) async throws -> Result
    ) async rethrows -> [Result] {
      var results: [Result] = []
      for element in self { results.append(try await transform(element)) }
      return results
    }
  }
#endif
