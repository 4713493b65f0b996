/// What images come from, slowly and at a price.
public actor ImageServer {
  public private(set) var downloads: [String: Int] = [:]

  public init() {}

  public func download(_ name: String) -> String {
    downloads[name, default: 0] += 1
    return "<\(name)>"
  }
}

/// What was kept of earlier days.
public actor Disk {
  private let images: [String: String]

  public init(images: [String: String] = [:]) {
    self.images = images
  }

  public func image(_ name: String) -> String? { images[name] }
}

/// A cache that downloads an image once for each of those who ask at the same
/// time.
///
/// Somebody has thought of that, and keeps a table of the downloads in flight.
/// Later, the disk was added between the look into the table and the entry: while
/// one caller waits for the disk, the next finds the table still empty. When a
/// popular image expires, all the clients stampede to the server.
public actor ImageCache {
  private var images: [String: String] = [:]
  private var downloads: [String: Task<String, Never>] = [:]
  private let disk: Disk
  private let server: ImageServer

  public init(disk: Disk, server: ImageServer) {
    self.disk = disk
    self.server = server
  }

  /// The image of a name, from wherever it is quickest to get.
  public func image(_ name: String) async -> String {
    if let image = images[name] { return image }
    if let download = downloads[name] { return await download.value }
    if let image = await disk.image(name) { return image }
    let download = Task { [server] in await server.download(name) }
    downloads[name] = download
    let image = await download.value
    images[name] = image
    downloads[name] = nil
    return image
  }
}

/// A cache that downloads each image once: looking on the disk is a part of what
/// is in flight.
public actor MendedImageCache {
  private var images: [String: String] = [:]
  private var lookups: [String: Task<String, Never>] = [:]
  private let disk: Disk
  private let server: ImageServer

  public init(disk: Disk, server: ImageServer) {
    self.disk = disk
    self.server = server
  }

  /// The image of a name, from wherever it is quickest to get.
  public func image(_ name: String) async -> String {
    if let image = images[name] { return image }
    if let lookup = lookups[name] { return await lookup.value }
    let lookup = Task { [disk, server] in
      if let image = await disk.image(name) { return image }
      return await server.download(name)
    }
    lookups[name] = lookup
    let image = await lookup.value
    images[name] = image
    lookups[name] = nil
    return image
  }
}

/// Two views show the same avatar.
public enum ImageCacheExample {
  public static func racy() async throws {
    let server = ImageServer()
    let cache = ImageCache(disk: Disk(), server: server)
    async let list = cache.image("avatar")
    async let detail = cache.image("avatar")
    _ = await (list, detail)
    try await expectOneDownload(of: "avatar", from: server)
  }

  public static func mended() async throws {
    let server = ImageServer()
    let cache = MendedImageCache(disk: Disk(), server: server)
    async let list = cache.image("avatar")
    async let detail = cache.image("avatar")
    _ = await (list, detail)
    try await expectOneDownload(of: "avatar", from: server)
  }

  private static func expectOneDownload(
    of name: String, from server: ImageServer
  ) async throws {
    let count = await server.downloads[name, default: 0]
    try expect(count == 1, "“\(name)” must be downloaded once (was downloaded \(count) times)")
  }
}
