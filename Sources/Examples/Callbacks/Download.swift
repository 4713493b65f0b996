import Dispatch
import Foundation

/// A download that can be cancelled.
///
/// What was cancelled before it began only ends: its completion handler, for which a task waits, is
/// never called.
private final class Download: @unchecked Sendable {
  private let queue = DispatchQueue(label: "download")
  private let lock = NSLock()
  private var isCancelled = false
  private let isMended: Bool

  init(isMended: Bool) { self.isMended = isMended }

  func start(_ completion: @escaping @Sendable (String?) -> Void) {
    queue.async { [self] in
      guard !lock.withLock({ isCancelled }) else {
        if isMended { completion(nil) }
        return
      }
      completion("all of it")
    }
  }

  func cancel() {
    lock.withLock { isCancelled = true }
  }
}

/// The user leaves the screen that waits for a download.
enum DownloadExample {
  static func run(isMended: Bool) async {
    let download = Download(isMended: isMended)
    async let content = withCheckedContinuation { continuation in
      download.start { continuation.resume(returning: $0) }
    }
    async let leaving: Void = download.cancel()
    _ = await (content, leaving)
  }
}
