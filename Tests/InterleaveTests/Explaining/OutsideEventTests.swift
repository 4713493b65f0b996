#if os(Linux)
  import Dispatch
  import Foundation
  import InterleaveBugs
  import InterleaveEngine
  import Testing

  @testable import Interleave

  /// A report says which of its steps came by whom the run does not control.
  @Suite(.timeLimit(.minutes(10))) struct OutsideEventTests {
    private struct Refusal: Error {}

    private static let title = "What was not the run's choice"

    /// Has a task of the run let go on by somebody, once it waits.
    private static func wait(
      for others: (@escaping @Sendable () -> Void) -> Void
    ) async {
      let continuation = Locked<CheckedContinuation<Void, Never>?>(nil)
      async let answer: Void = withCheckedContinuation { continuation.set($0) }
      while continuation.get() == nil { await Task.yield() }
      others { continuation.get()?.resume() }
      await answer
    }
    private static let lineOfWait = #line - 3

    /// A failure of a run in whole steps: who can be seen to wait does.
    private func failure(
      _ configure: (inout FuzzConfiguration) -> Void = { $0.interruptions = .never },
      asking body: @escaping @Sendable () async -> Void
    ) async throws -> FuzzFailure {
      let outcome = await fuzzed(schedules: 4, configure) {
        async let other: Void = Task.yield()
        async let another: Void = Task.yield()
        await body()
        _ = await (other, another)
        throw Refusal()
      }
      return try #require(outcome.failure, "\(outcome)")
    }

    private func steps(
      of failure: FuzzFailure, with kind: RunEventKind
    ) -> [(index: Int, event: Interleaving.Event)] {
      failure.interleaving.steps.enumerated().flatMap { index, step in
        step.events.filter { $0.kind == kind }.map { (index, $0) }
      }
    }

    // MARK: Who let a task go on

    @Test func aThreadFromBeforeTheRunIsNamedWithTheStepThatCameByIt() async throws {
      let thread = WorkingThread(named: "keeper")
      defer { thread.end() }
      let failure = try await failure { await Self.wait(for: thread.perform) }
      let found = steps(of: failure, with: .wokenFromOutside)
      try #require(found.count == 1, "\(failure)")
      #expect(failure.interleaving.steps[found[0].index].reason == .foreign)
      #expect(found[0].event.detail == "thread `keeper`")
      #expect(found[0].event.place?.line == Self.lineOfWait)
      let text = failure.text(width: 200)
      #expect(text.contains(Self.title), "\(text)")
      #expect(
        text.withSpaces.contains(
          "step \(found[0].index + 1) of task 0.2 came when thread `keeper` let it go on at "
            + "OutsideEventTests.swift:\(Self.lineOfWait)"), "\(text)")
      #expect(text.contains("let go on by thread `keeper`"), "\(text)")
      #expect(failure.json.contains("\"wokenFromOutside\""))
    }

    @Test func aThreadWithoutANameIsOneThatTheRunDoesNotControl() async throws {
      let thread = WorkingThread(named: nil)
      defer { thread.end() }
      let failure = try await failure { await Self.wait(for: thread.perform) }
      let found = steps(of: failure, with: .wokenFromOutside)
      #expect(found.map(\.event.detail) == [""], "\(failure)")
      #expect(
        failure.text(width: 200).contains("came when a thread that the run does not control let"),
        "\(failure)")
    }

    @Test func aQueueThatIsLeftAloneIsNamedByItsLabel() async throws {
      let queue = DispatchQueue(label: "images")
      let failure = try await failure({
        $0.native = [.queue("images")]
        $0.interruptions = .never
      }) { await Self.wait { work in queue.async { work() } } }
      let found = steps(of: failure, with: .wokenFromOutside)
      #expect(found.map(\.event.detail) == ["queue `images`"], "\(failure)")
    }

    @Test func eachStepThatCameByOneIsTold() async throws {
      let thread = WorkingThread(named: "keeper")
      defer { thread.end() }
      let failure = try await failure {
        for _ in 0..<10 { await Self.wait(for: thread.perform) }
      }
      let found = steps(of: failure, with: .wokenFromOutside).map(\.index)
      #expect(
        found
          == failure.interleaving.steps.indices.filter {
            failure.interleaving.steps[$0].reason == .foreign
          }, "\(failure)")
      #expect(found.count == 10, "\(failure)")
      #expect(failure.text(width: 200).contains("and 2 more steps"), "\(failure)")
    }

    @Test func itIsToldOfARunThatCrashed() async throws {
      let thread = WorkingThread(named: "keeper")
      defer { thread.end() }
      let failure = try await failure {
        await Self.wait(for: thread.perform)
        fatalError("nobody is here")
      }
      #expect(failure.kind == .crash, "\(failure)")
      let found = steps(of: failure, with: .wokenFromOutside)
      #expect(found.map(\.event.detail) == ["thread `keeper`"], "\(failure)")
    }

    // MARK: Who was talked to

    @Test func aStepThatReadsFromTheOutsideSaysSo() async throws {
      var ends: [Int32] = [0, 0]
      try #require(pipe(&ends) == 0)
      let (input, output) = (ends[0], ends[1])
      defer {
        close(input)
        close(output)
      }
      let letters = [UInt8](repeating: 7, count: 1_000)
      try #require(write(output, letters, letters.count) == letters.count)
      let failure = try await failure {
        var byte: UInt8 = 0
        _ = read(input, &byte, 1)
      }
      let found = steps(of: failure, with: .talkedToOutside)
      try #require(found.count == 1, "\(failure)")
      let text = failure.text(width: 200).withSpaces
      #expect(
        text.contains("in step \(found[0].index + 1), task 0 talked to the outside at"), "\(text)")
    }

    // MARK: Where nobody did

    @Test func ofARunThatIsAllUnderControlNothingIsSaid() async throws {
      let queue = DispatchQueue(label: "images")
      let failure = try await failure({ $0.interruptions = .before }) {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
        await withCheckedContinuation { continuation in
          Thread.detachNewThread { continuation.resume() }
        }
        try? await Task.sleep(for: .seconds(1))
      }
      #expect(steps(of: failure, with: .wokenFromOutside).isEmpty, "\(failure)")
      #expect(steps(of: failure, with: .talkedToOutside).isEmpty, "\(failure)")
      #expect(!failure.text(width: 200).contains(Self.title), "\(failure)")
    }
  }
#endif
