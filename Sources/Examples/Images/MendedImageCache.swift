/// A cache that downloads each image once, for as long as anybody waits for it.
///
/// Looking on the disk is a part of what is in flight. The last caller to give up cancels it, and
/// who comes too late for that begins anew. What arrives is kept only if it is still what is waited
/// for: `forget` lets go of it.
public actor MendedImageCache: Images {
  private struct Lookup {
    var task: Task<String, any Error>
    var callers = 0
  }

  private var images: [String: String] = [:]
  private var lookups: [String: Lookup] = [:]
  private let disk: Disk
  private let server: ImageServer

  public init(disk: Disk, server: ImageServer) {
    self.disk = disk
    self.server = server
  }

  public func image(_ name: String) async throws -> String {
    while true {
      if let image = images[name] { return image }
      let lookup = join(name)
      let result = await withTaskCancellationHandler {
        await lookup.result
      } onCancel: {
        Task { await self.leave(name, lookup) }
      }
      if lookups[name]?.task == lookup {
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

  public func forget(_ name: String) {
    images[name] = nil
    lookups[name] = nil
  }

  /// What is in flight for a name, or else a new lookup, with one more caller.
  private func join(_ name: String) -> Task<String, any Error> {
    var lookup =
      lookups[name]
      ?? Lookup(
        task: Task { [disk, server] in
          if let image = await disk.image(name) { return image }
          return try await server.download(name)
        })
    lookup.callers += 1
    lookups[name] = lookup
    return lookup.task
  }

  /// Notes that a caller has given up.
  private func leave(_ name: String, _ task: Task<String, any Error>) {
    guard var lookup = lookups[name], lookup.task == task else { return }
    lookup.callers -= 1
    lookups[name] = lookup.callers > 0 ? lookup : nil
    if lookup.callers == 0 { task.cancel() }
  }
}
