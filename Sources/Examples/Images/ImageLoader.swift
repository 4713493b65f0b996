/// A cache that downloads an image once for each of those who ask at the same
/// time.
///
/// Somebody has thought of that, and keeps a table of the downloads in flight.
/// Later, the disk was added between the look into the table and the entry: while
/// one caller waits for the disk, the next finds the table still empty. When a
/// popular image expires, all the clients stampede to the server.
///
/// Later still, a caller who gives up was made to cancel the download. It may be
/// another caller's, too: a list that is scrolled away takes the image of the detail
/// view with it. And an image that is replaced while the old one is on its way is
/// forgotten too early: the old one arrives, and stays.
actor ImageLoader: Images {
  private var images: [String: String] = [:]
  private var downloads: [String: Task<String, any Error>] = [:]
  private let disk: Disk
  private let server: PictureServer

  init(disk: Disk, server: PictureServer) {
    self.disk = disk
    self.server = server
  }

  func image(_ name: String) async throws -> String {
    if let image = images[name] { return image }
    if let download = downloads[name] { return try await value(of: download) }
    if let image = await disk.image(name) { return image }
    let download = Task { [server] in try await server.download(name) }
    downloads[name] = download
    defer { downloads[name] = nil }
    let image = try await value(of: download)
    images[name] = image
    return image
  }

  func forget(_ name: String) { images[name] = nil }

  /// Waits for a download, and cancels it if the caller gives up.
  private func value(of download: Task<String, any Error>) async throws -> String {
    try await withTaskCancellationHandler {
      try await download.value
    } onCancel: {
      download.cancel()
    }
  }
}
