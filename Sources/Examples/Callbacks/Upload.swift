import Dispatch
import Foundation

/// Uploads the parts of a file beside each other, and calls back when all of them are there.
///
/// Each part enters the group when it begins. Until the first one has, the group is empty, and who
/// waits for it is told that all is done.
private struct Upload {
  let queue = DispatchQueue(label: "upload", attributes: .concurrent)
  let isMended: Bool

  func start(parts: Int, uploaded: Tally, _ completion: @escaping @Sendable () -> Void) {
    let group = DispatchGroup()
    for _ in 0..<parts {
      if isMended { group.enter() }
      queue.async { [isMended] in
        if !isMended { group.enter() }
        uploaded.add(1)
        group.leave()
      }
    }
    group.notify(queue: queue, execute: completion)
  }
}

/// A file of two parts is uploaded.
enum UploadExample {
  static func run(isMended: Bool) async throws {
    let uploaded = Tally()
    let upload = Upload(isMended: isMended)
    let known = await withCheckedContinuation { continuation in
      upload.start(parts: 2, uploaded: uploaded) {
        continuation.resume(returning: uploaded.total)
      }
    }
    try expect(known == 2, "an upload is over once all of its parts are")
  }
}
