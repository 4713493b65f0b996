extension CodePlace {
  /// It is code of Interleave itself: of a test double or a clock, where the user's is what helps.
  var isOwn: Bool { place?.file.hasPrefix(Self.ownFolder) ?? false }

  /// It is code with a place in the source that is not Interleave's own.
  var isUsers: Bool { place != nil && !isOwn }

  /// The folder of this module's sources.
  private static let ownFolder = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(2).joined(separator: "/") + "/"
  }()
}
