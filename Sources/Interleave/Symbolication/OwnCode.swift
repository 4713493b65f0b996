extension CodePlace {
  /// It is code of Interleave itself: of a test double or a clock, where the user's is what helps.
  var isOwn: Bool {
    guard let file = place?.file else { return false }
    return Self.ownFolders.contains { file.hasPrefix($0) } || Self.isOfTakeover(file)
  }

  /// It is code with a place in the source that is not Interleave's own.
  var isUsers: Bool { place != nil && !isOwn }

  /// Files of C are known by paths that begin wherever the compiler was called.
  private static func isOfTakeover(_ file: String) -> Bool {
    let folder = "Sources/CInterleave/"
    return file.hasPrefix(folder) || file.contains("/" + folder)
  }

  /// The folders of this module's sources, and of those that it is built on.
  private static let ownFolders = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    let sources = parts.dropLast(3).joined(separator: "/")
    return ["Interleave", "InterleaveEngine", "CInterleave"].map { "\(sources)/\($0)/" }
  }()
}
