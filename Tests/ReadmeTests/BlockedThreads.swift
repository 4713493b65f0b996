import Dispatch
import Interleave
import InterleaveEngine
import Testing

actor Shop {
  func price(of thing: String) -> Int { thing.count }
}

final class Answer: @unchecked Sendable {
  var price = 0
}

/// Gives code that is not asynchronous the price of a thing.
func price(of thing: String, in shop: Shop) -> Int {
  let done = DispatchSemaphore(value: 0)
  let found = Answer()
  Task {
    found.price = await shop.price(of: thing)
    done.signal()
  }
  done.wait()  // keeps one thread; the task needs another one
  return found.price
}

@Suite(.enabled(if: Interruptions.obstacle == nil)) struct BlockedThreadsTests {
  @Test func thePageShowsWhatIsSaid() async throws {
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    let outcome = await Fuzzer(configuration).run(named: "price") {
      _ = price(of: "cup", in: Shop())
    }
    let failure = try #require(outcome.failure, "\(outcome)")
    let shown = try Documentation.page("BlockedThreads")
    #expect(failure.kind == .poolStarvation)
    // In release the optimizer leaves out who called the function that blocks.
    #if DEBUG
      #expect(shown.contains(failure.message), "\(failure.message)")
    #else
      #expect(shown.contains(String(failure.message.split(separator: "\n")[2])))
    #endif
  }
}
