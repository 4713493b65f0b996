import Dispatch
import Foundation

/// Asks where it is, and is told by a delegate's method on a queue, as a system's service does.
private final class LocationService: @unchecked Sendable {
  private let queue = DispatchQueue(label: "location")
  private let found: @Sendable (Int) -> Void

  /// - Parameter found: What its delegate is told.
  init(found: @escaping @Sendable (Int) -> Void) { self.found = found }

  func request() {
    queue.async { [found] in found(7) }
  }
}

/// Makes an asynchronous function of a delegate's method.
///
/// It keeps the continuation of whoever waits until the answer comes. Who asks while another one
/// waits takes its place, and that one waits for ever.
private final class Locator: @unchecked Sendable {
  private let lock = NSLock()
  private var waiting: [CheckedContinuation<Int, Never>] = []
  private let isMended: Bool
  private lazy var service = LocationService { [weak self] in self?.answer($0) }

  init(isMended: Bool) {
    self.isMended = isMended
    _ = service
  }

  func location() async -> Int {
    await withCheckedContinuation { continuation in
      lock.withLock {
        if isMended { waiting.append(continuation) } else { waiting = [continuation] }
      }
      service.request()
    }
  }

  private func answer(_ location: Int) {
    let answered = lock.withLock {
      defer { waiting = [] }
      return waiting
    }
    for continuation in answered { continuation.resume(returning: location) }
  }
}

/// A map and a search ask at the same time.
enum LocationExample {
  static func run(isMended: Bool) async {
    let locator = Locator(isMended: isMended)
    async let map = locator.location()
    async let search = locator.location()
    _ = await (map, search)
  }
}
