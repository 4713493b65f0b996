/// A cache that downloads each image once.
///
/// Looking on the disk is a part of what is in flight. It belongs to the cache and to no caller, so
/// nobody who gives up takes it away from others; if the system cancels it, whoever still waits
/// begins anew. What arrives is kept only if it is still what is waited for: `forget` lets go of it.
actor MendedImageLoader: Images {
  private var images: [String: String] = [:]
  private var lookups: [String: Task<String, any Error>] = [:]
  private let disk: Disk
  private let server: PictureServer

  init(disk: Disk, server: PictureServer) {
    self.disk = disk
    self.server = server
  }

  func image(_ name: String) async throws -> String {
    while true {
      if let image = images[name] { return image }
      let lookup = lookups[name] ?? startLookup(name)
      let result = await lookup.result
      if lookups[name] == lookup {
        lookups[name] = nil
        if case .success(let image) = result { images[name] = image }
      }
      do {
        return try result.get()
      } catch is CancellationError {
        try Task.checkCancellation()
      }
    }
  }

  func forget(_ name: String) {
    images[name] = nil
    lookups[name] = nil
  }

  private func startLookup(_ name: String) -> Task<String, any Error> {
    let lookup = Task { [disk, server] in
      if let image = await disk.image(name) { return image }
      return try await server.download(name)
    }
    lookups[name] = lookup
    return lookup
  }
}
