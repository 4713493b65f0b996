import Foundation

/// Fetches pictures by operations, one for all who want the same.
///
/// Who finds that nobody has asked for a picture adds an operation, and notes that it waits behind
/// the lock once more: two who look at the same time both add one.
private final class Thumbnails: @unchecked Sendable {
  typealias Completion = @Sendable () -> Void

  private struct Picture {
    var isThere = false
    var waiting: [Completion] = []
  }

  private let queue = OperationQueue()
  private let lock = NSLock()
  private var pictures: [String: Picture] = [:]
  private let isMended: Bool
  let fetches = Tally()

  init(isMended: Bool) {
    self.isMended = isMended
    queue.name = "thumbnails"
  }

  /// Calls back once the picture is there.
  func want(_ name: String, _ completion: @escaping Completion) {
    let isKnown: Bool
    let isThere: Bool
    if isMended {
      (isKnown, isThere) = lock.withLock { (pictures[name] != nil, waits(for: name, completion)) }
    } else {
      isKnown = lock.withLock { pictures[name] != nil }
      isThere = lock.withLock { waits(for: name, completion) }
    }
    if !isKnown { queue.addOperation { [self] in fetch(name) } }
    if isThere { completion() }
  }

  /// - Returns: It need not wait.
  private func waits(for name: String, _ completion: @escaping Completion) -> Bool {
    var picture = pictures[name] ?? Picture()
    guard !picture.isThere else { return true }
    picture.waiting.append(completion)
    pictures[name] = picture
    return false
  }

  private func fetch(_ name: String) {
    fetches.add(1)
    let waiting = lock.withLock {
      defer { pictures[name] = Picture(isThere: true) }
      return pictures[name]?.waiting ?? []
    }
    for completion in waiting { completion() }
  }
}

/// Two views show the same picture.
enum ThumbnailExample {
  static func run(isMended: Bool) async throws {
    let thumbnails = Thumbnails(isMended: isMended)
    @Sendable func view() async {
      await withCheckedContinuation { continuation in
        thumbnails.want("cat") { continuation.resume() }
      }
    }
    async let first: Void = view()
    async let second: Void = view()
    _ = await (first, second)
    try expect(
      thumbnails.fetches.total == 1, "a picture that two views want is fetched once")
  }
}
