/// What images come from, slowly and at a price.
actor PictureServer {
  private(set) var downloads: [String: Int] = [:]
  private var versions: [String: Int] = [:]

  init() {}

  /// - Throws: `CancellationError` if nobody waits for the image any more.
  func download(_ name: String) throws -> String {
    try Task.checkCancellation()
    downloads[name, default: 0] += 1
    return "<\(name) \(versions[name, default: 1])>"
  }

  /// Puts another image in the place of one.
  func replace(_ name: String) {
    versions[name, default: 1] += 1
  }
}

/// A cache of images, each of which is downloaded once however many ask for it.
protocol Images: Actor {
  init(disk: Disk, server: PictureServer)
  /// The image of a name, from wherever it is quickest to get.
  ///
  /// - Throws: `CancellationError` if the caller has given up.
  func image(_ name: String) async throws -> String
  /// Forgets an image that was replaced.
  func forget(_ name: String)
}
