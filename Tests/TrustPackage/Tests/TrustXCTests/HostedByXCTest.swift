import Interleave
import XCTest

/// `swift test --parallel` gives each of these a process of its own.
final class HostedByXCTest: XCTestCase {
  private actor Shelf {
    private var items = [7]
    private var looks = 0

    var isEmpty: Bool { items.isEmpty }

    func take() { items.removeLast() }
    func takeIfThere() { if !items.isEmpty { items.removeLast() } }
  }

  private var configuration: FuzzConfiguration {
    var configuration = FuzzConfiguration()
    configuration.schedules = 60
    configuration.seed = 3
    return configuration
  }

  private func sell(_ take: @escaping @Sendable (isolated Shelf) -> Void) async throws {
    try await fuzz(configuration) {
      let shelf = Shelf()
      let buy: @Sendable () async -> Void = { if await !shelf.isEmpty { await take(shelf) } }
      async let first: Void = buy()
      async let second: Void = buy()
      _ = await (first, second)
    }
  }

  func testCrashes() async throws { try await sell { $0.take() } }
  func testPasses() async throws { try await sell { $0.takeIfThere() } }
}
