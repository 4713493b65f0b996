import Interleave

/// What goes wrong in an image cache.
enum ImageRaces {
  private static let staying = "a view that stays gets its image"

  static let all = [
    SystemRace(
      "images", "images-download", "an image is downloaded once", tasks: 5, steps: 14,
      racy: { try await showTwice(ImageLoader.self, $0) },
      mended: { try await showTwice(MendedImageLoader.self, $0) }),
    SystemRace(
      "images", "images-leave", staying, .thrownError, tasks: 4, steps: 16, preemptions: 0,
      racy: { try await leave(ImageLoader.self, $0) },
      mended: { try await leave(MendedImageLoader.self, $0) }),
    SystemRace(
      "images", "images-replace", "once an image was replaced, the old one is not shown",
      .thrownError, tasks: 3, steps: 17,
      racy: { try await replace(ImageLoader.self, $0) },
      mended: { try await replace(MendedImageLoader.self, $0) }),
    SystemRace(
      "images", "images-stay", staying, .thrownError, tasks: 5, steps: 21, cancellation: .anyTask,
      racy: { try await stay(ImageLoader.self, $0) },
      mended: { try await stay(MendedImageLoader.self, $0) }),
  ]

  /// A list and a detail view show the same image.
  static func showTwice<Subject: Images>(_: Subject.Type, _ rule: String) async throws {
    let server = PictureServer()
    let cache = Subject(disk: Disk(), server: server)
    always(server, rule) { $0.downloads["avatar", default: 0] <= 1 }
    async let list = unlessCancelled { try await cache.image("avatar") }
    async let detail = unlessCancelled { try await cache.image("avatar") }
    _ = try await (list, detail)
  }

  /// A list is scrolled away while a detail view shows the same image.
  static func leave<Subject: Images>(_: Subject.Type, _ rule: String) async throws {
    let cache = Subject(disk: Disk(), server: PictureServer())
    async let detail: Void = show("avatar", of: cache, rule)
    let list = Task { try await unlessCancelled { try await cache.image("avatar") } }
    list.cancel()
    try await detail
    _ = try await list.value
  }

  /// An image is replaced while it is shown.
  static func replace<Subject: Images>(_: Subject.Type, _ rule: String) async throws {
    let server = PictureServer()
    let cache = Subject(disk: Disk(), server: server)
    async let before = unlessCancelled { try await cache.image("avatar") }
    await server.replace("avatar")
    await cache.forget("avatar")
    _ = try await before
    guard let image = try await unlessCancelled({ try await cache.image("avatar") }) else { return }
    try expect(image == "<avatar 2>", "\(rule) (was \(image))")
  }

  /// Two views show the same image, for as long as they are there.
  static func stay<Subject: Images>(_: Subject.Type, _ rule: String) async throws {
    let cache = Subject(disk: Disk(), server: PictureServer())
    async let list: Void = show("avatar", of: cache, rule)
    async let detail: Void = show("avatar", of: cache, rule)
    _ = try await (list, detail)
  }

  /// Shows an image, in a view that stays unless it is itself given up.
  private static func show(_ name: String, of cache: some Images, _ rule: String) async throws {
    do {
      _ = try await cache.image(name)
    } catch is CancellationError {
      try expect(Task.isCancelled, rule)
    }
  }
}
