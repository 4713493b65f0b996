import Dispatch
import Foundation
import Interleave
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// Small programs whose proof would be false, each with its harmless neighbour.
struct ProofProgram: Sendable {
  /// What a report must say of why nothing was proved; nil where a proof is true.
  var obstacle: String?
  var body: @Sendable () async throws -> Void

  /// Nothing is to be proved, for this reason.
  static func withheld(
    _ obstacle: String, _ body: @escaping @Sendable () async throws -> Void
  ) -> ProofProgram {
    ProofProgram(obstacle: obstacle, body: body)
  }

  static func proved(_ body: @escaping @Sendable () async throws -> Void) -> ProofProgram {
    ProofProgram(body: body)
  }

  static func run(
    by strategy: FuzzConfiguration.StrategyChoice = .reduction,
    interruptions: FuzzConfiguration.InterruptionMode = .before,
    corpus: CorpusMode = .none,
    _ body: @escaping @Sendable () async throws -> Void
  ) async -> (FuzzReport, FuzzFailure?) {
    var configuration = FuzzConfiguration()
    configuration.strategy = strategy
    configuration.interruptions = interruptions
    configuration.seed = 1
    configuration.corpus = corpus
    configuration.checks.remove(.nothingInterleaved)
    let outcome = await Fuzzer(configuration).run(named: "proof", body)
    return (outcome.report, outcome.failure)
  }
}

/// Expects that a program is proved, or for its reason is not.
func expect(
  _ program: ProofProgram, interruptions: FuzzConfiguration.InterruptionMode = .before
) async {
  let (report, failure) = await ProofProgram.run(interruptions: interruptions, program.body)
  #expect(failure == nil)
  #expect(report.isExhaustive == (program.obstacle == nil), "\(report)")
  if let obstacle = program.obstacle {
    #expect(report.warnings.contains { $0.contains(obstacle) }, "\(report.warnings)")
  }
}

// MARK: - What they are made of

actor ProofDesk {
  private(set) var entries: [String] = []

  func enter(_ entry: String) { entries.append(entry) }

  func failIfFull() throws {
    if entries.count >= 1 { throw Full() }
    entries.append("")
  }

  func call() async {
    async let answer: Void = Self.answer()
    entries.append("asked")
    await answer
    entries.append("answered")
  }

  private static func answer() async {}

  struct Full: Error {}
}

@globalActor actor FirstDesk {
  static let shared = FirstDesk()
}

@globalActor actor SecondDesk {
  static let shared = SecondDesk()
}

final class ProofBox: @unchecked Sendable {
  let lock = NSLock()
  private var value = 0

  func set(_ new: Int) { lock.withLock { value = new } }
  func get() -> Int { lock.withLock { value } }
  func raise() { lock.withLock { value += 1 } }
  func raised() -> Int {
    lock.withLock {
      value += 1
      return value
    }
  }
}

/// What runs came to, one after the other.
final class ProofValues: @unchecked Sendable {
  var all: Set<Int> = []
}

final class ProofNote: @unchecked Sendable {
  private let box: ProofBox
  init(_ box: ProofBox) { self.box = box }
}

final class ProofNoteThatTells: @unchecked Sendable {
  private let box: ProofBox
  init(_ box: ProofBox) { self.box = box }
  deinit { box.raise() }
}

final class ProofRWLock: @unchecked Sendable {
  let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
  init() { pthread_rwlock_init(lock, nil) }
  func tryToWrite() -> Bool {
    guard pthread_rwlock_trywrlock(lock) == 0 else { return false }
    pthread_rwlock_unlock(lock)
    return true
  }
}

final class ProofSemaphore: @unchecked Sendable {
  let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  init() { sem_init(semaphore, 0, 1) }
  func tryToTake() -> Bool { sem_trywait(semaphore) == 0 }
}

let proofDefaults = Handed(UserDefaults(suiteName: "interleave.proofs")!)
let proofProgress = Handed(Progress(totalUnitCount: 1_000_000))
let proofRecursiveLock = NSRecursiveLock()
let proofKey = DispatchSpecificKey<Int>()

/// Hands on what the compiler does not know to be safe, and is.
struct Handed<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}

/// Does two things beside each other; each passes by a desk of its own first.
func besides(
  _ one: @escaping @Sendable () -> Void, _ other: @escaping @Sendable () -> Void = {}
) async {
  async let left: Void = {
    await ProofDesk().enter("left")
    one()
  }()
  async let right: Void = {
    await ProofDesk().enter("right")
    other()
  }()
  _ = await (left, right)
}

/// A body in which some order is open, whatever else it does.
func withChoice(_ body: @escaping @Sendable () async throws -> Void)
  -> @Sendable () async throws
  -> Void
{
  {
    async let other: Void = Task.yield()
    try await body()
    await other
  }
}

@SecondDesk func lookAtCancellation() async {
  let entry = Task.isCancelled ? "cancelled" : "goes on"
  for _ in 0..<2 { await ProofDesk().enter(entry) }
}

@FirstDesk func enterOften(fails: Bool) async throws {
  for _ in 0..<2 { await ProofDesk().enter("again") }
  if fails { throw ProofDesk.Full() }
}
