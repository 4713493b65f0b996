/// Two views show the same avatar.
public enum ImageCacheExample {
  public static func racy() async throws {
    try await showTwice(ImageCache.self)
  }

  public static func mended() async throws {
    try await showTwice(MendedImageCache.self)
  }

  private static func showTwice<Subject: Images>(_: Subject.Type) async throws {
    let server = ImageServer()
    let cache = Subject(disk: Disk(), server: server)
    async let list = cache.image("avatar")
    async let detail = cache.image("avatar")
    _ = try await (list, detail)
    let count = await server.downloads["avatar", default: 0]
    try expect(count == 1, "“avatar” must be downloaded once (was downloaded \(count) times)")
  }
}
