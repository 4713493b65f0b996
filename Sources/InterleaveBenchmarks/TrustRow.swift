import Foundation
import Interleave
import InterleaveBugs

/// What becomes of a program that crashes or hangs, and of what goes on beside it.
struct TrustRow: CustomStringConvertible {
  let program: StopProgram
  let failure: FuzzFailure?
  private let replayed: FuzzFailure?
  private let mendedPasses: Bool
  private let othersGoOn: Bool
  let seconds: Double

  /// Fuzzes the program and its mended twin beside a bystander, and replays what was kept.
  ///
  /// - Parameter folder: Where failures are kept.
  init(_ program: StopProgram, folder: String) async {
    self.program = program
    var configuration = FuzzConfiguration()
    configuration.seed = 1
    configuration.schedules = 300
    configuration.corpus = .at(folder)
    configuration.hangLimit = .milliseconds(400)
    let fuzzer = Fuzzer(configuration)
    let bystander = Bystander()
    let clock = ContinuousClock()
    let start = clock.now
    failure = await fuzzer.run(named: program.name, program.body).failure
    seconds = (clock.now - start) / .seconds(1)
    configuration.schedules = 1
    replayed = await Fuzzer(configuration).run(named: program.name, program.body).failure
    let mended = await fuzzer.run(named: program.name, program.mended)
    mendedPasses = mended.failure == nil && mended.report.replayed == 1
    othersGoOn = await bystander.goesOn()
  }

  private var isFound: Bool { failure?.kind.rawValue == program.kind.rawValue }
  private var isSaid: Bool {
    guard let failure, let path = failure.sourceLocation?.filePath else { return false }
    return path.contains("InterleaveBugs")
      && (program.message.isEmpty || failure.message.contains(program.message))
  }
  /// One preemption is needed, and one choice brings it about.
  private var isMinimal: Bool {
    guard let failure else { return false }
    return failure.isMinimal && failure.interleaving.preemptions == 1
      && failure.interleaving.deviations.count == 1
  }
  private var isKept: Bool { failure?.corpusFile != nil }
  private var isReplayed: Bool {
    isKept && replayed?.corpusFile == failure?.corpusFile && replayed?.kind == failure?.kind
      && replayed?.message == failure?.message
      && replayed?.interleaving == failure?.interleaving
  }

  /// All of it is as it must be.
  var isTrue: Bool {
    isFound && isSaid && isMinimal && isKept && isReplayed && mendedPasses && othersGoOn
  }

  static let header = [
    "program", "kind", "found", "message", "minimal", "kept", "replayed", "mended passes",
    "others go on", "s",
  ]

  var cells: [String] {
    let answers = [
      isFound, isSaid, isMinimal, isKept, isReplayed, mendedPasses, othersGoOn,
    ]
    return [program.name, program.kind.rawValue] + answers.map { $0 ? "yes" : "NO" }
      + [seconds.fixed(1)]
  }

  var description: String {
    zip(Self.header, cells).map { "\($0): \($1)" }.joined(separator: ", ")
      + (failure.map { "\n\($0)" } ?? "")
      + (isReplayed ? "" : replayed.map { "\nreplayed as\n\($0)" } ?? "\nnot replayed")
  }
}

/// An ordinary task that goes on beside fuzzed programs, on an actor, queues and timers.
private final class Bystander: Sendable {
  private actor Till {
    private(set) var sum = 0
    private(set) var isClosed = false

    func add() { sum += 1 }
    func close() { isClosed = true }
  }

  private let till = Till()
  private let turns: Task<Int, Never>

  init() {
    turns = Task.detached { [till] in
      var turns = 0
      let clock = ContinuousClock()
      repeat {
        await till.add()
        let start = clock.now
        try? await Task.sleep(for: .milliseconds(1))
        let slept = clock.now - start
        await withCheckedContinuation { hasRun in
          DispatchQueue.global().async { hasRun.resume() }
        }
        // A sleep in the time of somebody's run would take none, or hours.
        if (.milliseconds(1)..<Duration.seconds(60)).contains(slept) { turns += 1 }
      } while await !till.isClosed
      return turns
    }
  }

  /// Stops it.
  ///
  /// - Returns: All that it did was done, as often as it was begun.
  func goesOn() async -> Bool {
    await till.close()
    let turns = await turns.value
    return await till.sum == turns
  }
}
