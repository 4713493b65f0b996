import Foundation
import InterleaveEngine
import Synchronization

@testable import Interleave

/// A program that does to its tasks what no program should, drawn at random.
///
/// Nothing is asked of it but that whatever goes wrong is the program's own fault: no check
/// of Interleave's may fail.
struct OddProgram: Sendable {
  indirect enum Action: Sendable {
    case waitUnsafely(Int), waitChecked(Int)
    case next(Int)
    case yield
    case sleep(Int)
    case sleepOddly(Int)
    case hop(Int)
    case awaitTask(Int)
    case group([[Action]], cancels: Bool)
    case discardingGroup([[Action]])
    case handled([Action], onCancel: [Deed])
    case nest
    case deed(Deed)
  }

  /// What takes no time.
  indirect enum Deed: Sendable {
    case resumeUnsafely(Int), resume(Int), drop(Int)
    case send(Int), finish(Int)
    case spawn([Action]), detach([Action]), start([Action])
    case cancel(Int)
    case elsewhere(Deed)
    case exit
  }

  var body: [Action]

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    body = Self.actions(&random, depth: 3, count: 6)
  }

  // MARK: Drawing

  private static let slots = 3

  private static func actions(
    _ random: inout SplitMix64, depth: Int, count: Int
  ) -> [Action] {
    (0..<1 + random.below(count)).map { _ in action(&random, depth: depth) }
  }

  private static func lists(_ random: inout SplitMix64, depth: Int) -> [[Action]] {
    (0..<1 + random.below(3)).map { _ in actions(&random, depth: depth - 1, count: 3) }
  }

  private static func action(_ random: inout SplitMix64, depth: Int) -> Action {
    let slot = random.below(slots)
    switch random.below(depth > 0 ? 24 : 12) {
    case 0, 1: return .waitUnsafely(slot)
    case 2, 3: return .waitChecked(slot)
    case 4: return .next(slot)
    case 5: return .yield
    case 6:
      return random.below(3) == 0 ? .sleepOddly(random.below(7)) : .sleep(random.below(5))
    case 7, 8: return .hop(slot)
    case 9: return .awaitTask(slot)
    case 10, 11: return .deed(deed(&random, depth: 0))
    case 12, 13: return .group(lists(&random, depth: depth), cancels: random.below(3) == 0)
    case 14: return .discardingGroup(lists(&random, depth: depth))
    case 15, 16, 17:
      return .handled(
        actions(&random, depth: depth - 1, count: 3),
        onCancel: (0..<1 + random.below(3)).map { _ in deed(&random, depth: depth - 1) })
    case 18: return random.below(8) == 0 ? .nest : .yield
    default: return .deed(deed(&random, depth: depth))
    }
  }

  private static func deed(_ random: inout SplitMix64, depth: Int) -> Deed {
    let slot = random.below(slots)
    switch random.below(depth > 0 ? 22 : 14) {
    case 0, 1, 2: return .resumeUnsafely(slot)
    case 3, 4, 5: return .resume(slot)
    case 6: return .drop(slot)
    case 7: return .send(slot)
    case 8: return .finish(slot)
    case 9, 10, 11: return .cancel(slot)
    case 12: return random.below(20) == 0 ? .exit : .cancel(slot)
    case 13: return .send(slot)
    case 14, 15, 16: return .spawn(actions(&random, depth: depth - 1, count: 4))
    case 17, 18: return .detach(actions(&random, depth: depth - 1, count: 4))
    case 19: return .start(actions(&random, depth: depth - 1, count: 4))
    default: return .elsewhere(deed(&random, depth: 0))
    }
  }

  // MARK: Running

  /// What the program's tasks share.
  private final class Shared: Sendable {
    struct State {
      var unsafe: [UnsafeContinuation<Int, Never>?]
      var checked: [CheckedContinuation<Int, Never>?]
      var tasks: [Task<Void, Never>?]
    }

    actor Place {
      var count = 0
      func come() { count += 1 }
    }

    let state = Mutex(
      State(
        unsafe: Array(repeating: nil, count: OddProgram.slots),
        checked: Array(repeating: nil, count: OddProgram.slots),
        tasks: Array(repeating: nil, count: OddProgram.slots)))
    let places = (0..<OddProgram.slots).map { _ in Place() }
    let streams = (0..<OddProgram.slots).map { _ in AsyncStream<Int>.makeStream() }

    func add(_ task: Task<Void, Never>) {
      state.withLock {
        $0.tasks.removeFirst()
        $0.tasks.append(task)
      }
    }
  }

  func run() async {
    await Self.perform(body, Shared())
  }

  private static func perform(_ actions: [Action], _ shared: Shared) async {
    for action in actions { await perform(action, shared) }
  }

  private static func perform(_ action: Action, _ shared: Shared) async {
    switch action {
    case .waitUnsafely(let slot):
      _ = await withUnsafeContinuation { (continuation: UnsafeContinuation<Int, Never>) in
        shared.state.withLock { $0.unsafe[slot] = continuation }
      }
    case .waitChecked(let slot):
      _ = await withCheckedContinuation { (continuation: CheckedContinuation<Int, Never>) in
        shared.state.withLock { $0.checked[slot] = continuation }
      }
    case .next(let slot):
      for await _ in shared.streams[slot].stream { break }
    case .yield: await Task.yield()
    case .sleep(let time): try? await Task.sleep(for: .milliseconds(time))
    case .sleepOddly(let kind): await sleepOddly(kind)
    case .hop(let slot): await shared.places[slot].come()
    case .awaitTask(let slot): _ = await shared.state.withLock({ $0.tasks[slot] })?.value
    case .group(let lists, let cancels):
      await withTaskGroup { group in
        for list in lists { group.addTask { await perform(list, shared) } }
        if cancels { group.cancelAll() }
      }
    case .discardingGroup(let lists):
      try? await withThrowingDiscardingTaskGroup { group in
        for list in lists {
          group.addTask {
            await perform(list, shared)
            throw CancellationError()
          }
        }
      }
    case .handled(let actions, let deeds):
      await withTaskCancellationHandler {
        await perform(actions, shared)
      } onCancel: {
        for deed in deeds { perform(deed, shared) }
      }
    case .nest: _ = await Fuzzer(FuzzConfiguration()).run(named: "inner") {}
    case .deed(let deed): perform(deed, shared)
    }
  }

  /// Sleeps as nobody means to: for less than no time, or for ever.
  private static func sleepOddly(_ kind: Int) async {
    let clock = ContinuousClock()
    switch kind {
    case 0: try? await Task.sleep(nanoseconds: .max)
    case 1: try? await Task.sleep(for: .seconds(Int64.max))
    case 2: try? await Task.sleep(for: .seconds(Int64.min))
    case 3: try? await clock.sleep(until: clock.now + .seconds(9_000_000_000))
    case 4: try? await SuspendingClock().sleep(for: .seconds(-1), tolerance: .seconds(Int64.max))
    case 5: block(until: .distantFuture)
    default:
      DispatchQueue.global().asyncAfter(deadline: .distantFuture) {}
      block(until: .now() - 1)
    }
  }

  private static func block(until time: DispatchTime) {
    _ = DispatchSemaphore(value: 0).wait(timeout: time)
  }

  private static func perform(_ deed: Deed, _ shared: Shared) {
    switch deed {
    case .resumeUnsafely(let slot):
      shared.state.withLock({ $0.unsafe[slot] })?.resume(returning: 1)
    case .resume(let slot): shared.state.withLock({ $0.checked[slot] })?.resume(returning: 1)
    case .drop(let slot):
      shared.state.withLock {
        $0.unsafe[slot] = nil
        $0.checked[slot] = nil
      }
    case .send(let slot): shared.streams[slot].continuation.yield(1)
    case .finish(let slot): shared.streams[slot].continuation.finish()
    case .spawn(let actions): shared.add(Task { await perform(actions, shared) })
    case .detach(let actions): shared.add(Task.detached { await perform(actions, shared) })
    case .start(let actions): shared.add(Task.immediate { await perform(actions, shared) })
    case .cancel(let slot): shared.state.withLock({ $0.tasks[slot] })?.cancel()
    case .elsewhere(let deed):
      DispatchQueue(label: "elsewhere").async { perform(deed, shared) }
    case .exit: exit(3)
    }
  }
}
