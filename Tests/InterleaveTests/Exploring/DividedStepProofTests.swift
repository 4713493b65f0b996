import Interleave
import Testing

/// The runtime runs no step as a whole: where other tasks could come between two things that one
/// does, nothing is proved unless steps can be interrupted there.
@Suite struct DividedStepProofTests {
  #if os(Linux) && arch(x86_64)
    static let divided: [ProofProgram] = [
      .withheld(
        "several things",
        withChoice {
          let box = ProofBox()
          async let one: Void = { if box.get() == 0 { box.raise() } }()
          async let other: Void = { if box.get() == 0 { box.raise() } }()
          _ = await (one, other)
        }),
      .withheld(
        "several things",
        withChoice {
          let task = Task { Task.isCancelled }
          task.cancel()
          _ = await task.value
        }),
      .withheld(
        "several things",
        withChoice {
          let box = ProofBox()
          let task = Task { box.set(1) }
          _ = box.get()
          await task.value
        }),
      .withheld(
        "several things",
        withChoice {
          _ = await withTaskGroup(of: Bool.self) { group in
            group.addTask { Task.isCancelled }
            group.cancelAll()
            return await group.next()
          }
        }),
      .withheld(
        "several things",
        withChoice {
          let (stream, continuation) = AsyncStream<Int>.makeStream(
            bufferingPolicy: .bufferingNewest(1))
          let task = Task {
            var all: [Int] = []
            for await value in stream { all.append(value) }
            return all
          }
          await Task.yield()
          continuation.yield(1)
          continuation.yield(2)
          continuation.finish()
          _ = await task.value
        }),
      .withheld(
        "several things",
        {
          let room = ProofDesk()
          let one = Task { @SecondDesk in
            await room.enter("0")
            await room.enter("0")
          }
          let other = Task { @SecondDesk in await room.enter("1") }
          await one.value
          await other.value
        }),
      .withheld(
        "several things",
        withChoice {
          let task = Task {
            let box = ProofBox()
            await withTaskCancellationHandler {
              _ = box.get()
              _ = box.get()
            } onCancel: {
              box.set(1)
            }
          }
          task.cancel()
          await task.value
        }),
      .withheld("several things", withChoice(drawBesideATask)),
      .withheld("several things", withChoice { await raiseUnderAHandler(besides: nil) }),
    ]

    @Test(arguments: divided.indices)
    func aStepThatOthersCouldDivideIsNoProofIfItIsNotInterrupted(index: Int) async {
      await expect(Self.divided[index], interruptions: .never)
    }

    /// Who draws first gets another number.
    @Sendable private static func drawBesideATask() async {
      let task = Task { Int.random(in: 0..<1_000) }
      _ = Int.random(in: 0..<1_000)
      _ = await task.value
    }

    /// A task is cancelled that handles it: after its last section the handler is there for a while.
    @Sendable private static func raiseUnderAHandler(besides seen: (@Sendable (Int) -> Void)?) async
    {
      let box = ProofBox()
      let task = Task {
        await withTaskCancellationHandler {
          box.raise()
        } onCancel: {
          box.set(10)
        }
      }
      await Task.yield()
      task.cancel()
      await task.value
      seen?(box.get())
    }

    @Test func nothingIsProvedWhereAStepDrawsBesideItsTaskEvenIfItIsInterrupted() async {
      await expect(.withheld("several things", withChoice(Self.drawBesideATask)))
    }

    @Test func theHandlerIsCalledAfterTheLastSectionOfWhatItIsAbout() async {
      let seen = ProofValues()
      let (_, failure) = await ProofProgram.run(by: .portfolio) {
        await Self.raiseUnderAHandler { seen.all.insert($0) }
      }
      #expect(failure == nil)
      #expect(seen.all == [1, 10, 11])
    }

    @Test func nothingIsProvedWhereWhoCancelsDividesWhatIsHandled() async {
      let seen = ProofValues()
      await expect(
        .withheld("several things") {
          let box = ProofBox()
          let one = Task {
            await withTaskCancellationHandler {
              let value = box.get()
              box.set(2 * value)
            } onCancel: {
              box.raise()
            }
          }
          let other = Task { one.cancel() }
          await one.value
          await other.value
          seen.all.insert(box.get())
        })
      #expect(seen.all == [0, 1, 2])
    }

    static let whole: [ProofProgram] = [
      .proved(
        withChoice {
          let box = ProofBox()
          async let one: Void = box.raise()
          async let other: Void = box.raise()
          _ = await (one, other)
        }),
      .proved(
        withChoice {
          let box = ProofBox()
          let other = ProofBox()
          let task = Task { box.set(1) }
          _ = other.get()
          await task.value
        }),
      .proved(
        withChoice {
          let task = Task {
            await Task.yield()
            return Task.isCancelled
          }
          await Task.yield()
          task.cancel()
          _ = await task.value
        }),
      .proved(
        withChoice {
          _ = Int.random(in: 0..<1_000)
          let task = Task { Int.random(in: 0..<1_000) }
          _ = await task.value
          _ = Int.random(in: 0..<1_000)
        }),
      .proved {
        await withTaskGroup(of: Void.self) { group in
          let desk = ProofDesk()
          for entry in ["a", "b", "c"] { group.addTask { await desk.enter(entry) } }
        }
      },
      .proved {
        let desk = ProofDesk()
        async let one: Void = desk.call()
        async let other: Void = desk.enter("other")
        _ = await (one, other)
      },
      .proved {
        let desk = ProofDesk()
        async let one: Void? = try? desk.failIfFull()
        async let other: Void? = try? desk.failIfFull()
        _ = await (one, other)
      },
      .proved(
        withChoice {
          let (stream, continuation) = AsyncStream<Int>.makeStream()
          let task = Task {
            for await value in stream { return value }
            return 0
          }
          await Task.yield()
          continuation.yield(1)
          _ = await task.value
        }),
    ]

    @Test(arguments: whole.indices)
    func aStepThatNobodyCouldDivideKeepsTheProof(index: Int) async {
      await expect(Self.whole[index])
    }

    // MARK: Where there is only one schedule

    @Test func theOnlyScheduleIsAProofOnlyWhereItsStepsAreWhole() async {
      let (divided, _) = await ProofProgram.run(by: .portfolio, interruptions: .never) {
        let box = ProofBox()
        let task = Task { box.set(1) }
        _ = box.get()
        await task.value
      }
      #expect(divided.choices == 0)
      #expect(!divided.isExhaustive, "\(divided)")
      let (whole, _) = await ProofProgram.run(by: .portfolio) {
        let box = ProofBox()
        let task = Task { box.set(1) }
        await task.value
        _ = box.get()
      }
      #expect(whole.choices == 0)
      #expect(whole.isExhaustive, "\(whole)")
    }

    @Test func aSearchOfAllSchedulesIsAProofOnlyWhereStepsAreWhole() async {
      let (divided, _) = await ProofProgram.run(by: .depthFirst) {
        let box = ProofBox()
        async let one: Void = { if box.get() == 0 { box.raise() } }()
        async let other: Void = { if box.get() == 0 { box.raise() } }()
        _ = await (one, other)
      }
      #expect(!divided.isExhaustive, "\(divided)")
      let (whole, _) = await ProofProgram.run(by: .depthFirst) {
        let box = ProofBox()
        async let one: Void = box.raise()
        async let other: Void = box.raise()
        _ = await (one, other)
      }
      #expect(whole.isExhaustive, "\(whole)")
    }
  #endif
}
