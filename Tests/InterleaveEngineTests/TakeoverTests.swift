import CInterleave
import InterleaveEngine
import Synchronization
import Testing

@Suite struct TakeoverTests {
  @Test func whoDefinesAFunctionIsTold() {
    #expect(il_takes_calls_of("swift_task_switch"))
    #expect(!il_takes_calls_of("swift_task_getCurrent"))
    #expect(!il_takes_calls_of("noFunctionIsCalledLikeThis"))
  }

  @Test(arguments: RuntimeFact.allCases)
  func theRuntimeIsAsExpected(_ fact: RuntimeFact) throws {
    try fact.check()
  }

  @Test func hopsAreTakenOverAtTheCall() {
    #expect(Takeover.takesHopsAtTheCall)
  }

  @Test func anErrorNamesTheFactThatDoesNotHold() {
    let error = TakeoverError(fact: "a job's kind is not where it is looked for")
    #expect(
      error.description == """
        Interleave cannot control this Swift runtime: a job's kind is not where it is looked for. \
        It supports the concurrency runtime of Swift 6.3 on 64-bit Linux.
        """)
  }

  @Test func aJobThatLooksOtherwiseIsNamed() {
    let function = unsafeBitCast(theFunction, to: UInt.self)
    let job = UnsafeMutableRawPointer.allocate(byteCount: 512, alignment: 16)
    let context = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 16)
    defer {
      job.deallocate()
      context.deallocate()
    }
    func complaint(_ change: () -> Void = {}) -> String? {
      job.initializeMemory(as: UInt8.self, repeating: 0, count: 512)
      context.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
      job.storeBytes(of: 7, toByteOffset: 36, as: UInt32.self)
      job.storeBytes(of: function, toByteOffset: 56, as: UInt.self)
      job.storeBytes(of: UInt(bitPattern: context), toByteOffset: 64, as: UInt.self)
      context.storeBytes(of: function, toByteOffset: 8, as: UInt.self)
      change()
      return Takeover.complaint(aboutJobAt: job)
    }
    #expect(complaint() == nil)
    #expect(
      complaint { job.storeBytes(of: 1, toByteOffset: 32, as: UInt8.self) }
        == "a job's kind is not where it is looked for")
    #expect(
      complaint { job.storeBytes(of: 1, toByteOffset: 48, as: UInt.self) }
        == "a job's spare word is not zero in a new task")
    #expect(
      complaint { job.storeBytes(of: 8, toByteOffset: 56, as: UInt.self) }
        == "a job's resume function is not where it is looked for")
    #expect(
      complaint { job.storeBytes(of: 8, toByteOffset: 64, as: UInt.self) }
        == "a job's context is not where it is looked for")
    #expect(
      complaint { context.storeBytes(of: 0, toByteOffset: 8, as: UInt.self) }
        == "a context's return address is not where it is looked for")
  }

  @Test func aNativeTaskBesideARunIsLeftAlone() async throws {
    let values = try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<3 {
        group.addTask { try await forEverySeed(10) { await Common.shared.bump() == 1 ? 1 : 2 } }
      }
      for _ in 0..<200 {
        let first = await NativeCommon.shared.bump()
        try await Task.sleep(for: .microseconds(1))
        #expect(await NativeCommon.shared.bump() > first)
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(values.count == 30)
  }

  @Test func anExpectationInADetachedTaskBelongsToItsTest() async throws {
    let test = try #require(Test.current)
    let messages = Mutex<[String]>([])
    let capture = IssueHandlingTrait.compactMapIssues { issue in
      let message = issue.comments.map(\.rawValue).joined()
      guard message.hasPrefix("in a detached task") else { return issue }
      messages.withLock { $0.append(message) }
      return nil
    }
    try await capture.provideScope(for: test, testCase: Test.Case.current) {
      let name = try inOwnTask {
        await Task.detached {
          #expect(Bool(false), "in a detached task")
          await Task.detached { #expect(Bool(false), "in a detached task of one") }.value
          return Test.current?.name
        }.value
      }
      #expect(name == test.name)
    }
    #expect(messages.withLock { $0 } == ["in a detached task", "in a detached task of one"])
  }

  @Test func aSharedTaskLocalIsSeenByDetachedTasksAndOthersAreNot() throws {
    Takeover.share(Locals.$token)
    let seen = try Locals.$token.withValue("mine") {
      try Locals.$other.withValue("theirs") {
        try inOwnTask {
          await Task.detached {
            async let child = Locals.token
            let nested = await Task.detached { Locals.token }.value
            return [Locals.token, Locals.other, await child, nested]
          }.value
        }
      }
    }
    #expect(seen == ["mine", "none", "mine", "mine"])
  }

  /// Runs a body under control, nested in the running test's own task.
  private func inOwnTask<Value: Sendable>(
    _ body: @escaping @Sendable () async -> Value
  ) throws -> Value {
    let run = try controlledInPlace { await body() }
    #expect(run.end == .clean)
    return try #require(try run.value?.get())
  }
}

private let theFunction: @convention(c) () -> Void = {}

private enum Locals {
  @TaskLocal static var token = "none"
  @TaskLocal static var other = "none"
}

@globalActor private actor Common {
  static let shared = Common()
  var count = 0
  func bump() -> Int {
    count += 1
    defer { count -= 1 }
    return count
  }
}

private actor NativeCommon {
  static let shared = NativeCommon()
  var count = 0
  func bump() -> Int {
    count += 1
    return count
  }
}
