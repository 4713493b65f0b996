/// Why a corpus file cannot be used, in words for the person who has to mend it.
package struct CorpusFileError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong with the file.
  package enum Reason: Sendable, Hashable {
    /// The system would not read it.
    case unreadable(String)
    /// It ends before its JSON does.
    case truncated
    /// It is not JSON.
    case notJSON(String)
    /// It is JSON, but no corpus entry.
    case foreign
    /// A newer version of this package wrote it.
    case newerVersion(Int)
    /// A key is missing, unknown, or holds something that does not belong there.
    case wrongContent(String)
    /// It is larger than an entry may be.
    case tooLarge(String)
  }

  /// The path of the file.
  package var file: String
  /// The line that is wrong, from 1; nil where no line is to blame.
  package var line: Int?
  package var reason: Reason

  package init(file: String, line: Int? = nil, reason: Reason) {
    self.file = file
    self.line = line
    self.reason = reason
  }

  package var description: String {
    ((line.map { "\(file):\($0): " } ?? "\(file): ") + explanation).ascii
  }

  private var explanation: String {
    switch reason {
    case .unreadable(let why):
      "it cannot be read: \(why)"
    case .truncated:
      "the file is truncated: it ends here, in the middle of the entry; restore it from version "
        + "control or delete it"
    case .notJSON(let what):
      "the file is not JSON: \(what); restore it from version control or delete it"
    case .foreign:
      "this is not a corpus entry: it lacks `\"interleave\": \"\(CorpusEntry.marker)\"`; "
        + "keep other files out of corpus/"
    case .newerVersion(let version):
      "the file was written by a newer Interleave: version \(version); this one reads up to "
        + "\(CorpusEntry.currentVersion)"
    case .wrongContent(let what):
      what
    case .tooLarge(let what):
      "the file is too large: \(what)"
    }
  }
}
