import Foundation

extension FuzzFailure {
  /// The failure as one page of HTML that needs nothing else, not even a network.
  public var html: String {
    FailurePage.html(
      FailureDocument(self).json, title: "\(test): \(kind.words)", text: text(width: 110))
  }

  /// The failure as JSON, for programs: the format is described in the README.
  public var json: String { FailureDocument(self).json.written + "\n" }
}

/// The files that tell of a failure, in a folder of its own.
struct FailureFiles {
  /// Each with its name.
  let files: [(name: String, content: String)]

  init(_ failure: FuzzFailure) {
    files = [
      ("report.html", failure.html), ("interleaving.json", failure.json),
      ("trace.json", InterleavingTimeline(failure).json.written + "\n"),
      ("interleaving.svg", InterleavingPicture(failure).svg),
    ]
  }

  /// Writes the files, in the place of those of an earlier failure of the same test.
  ///
  /// - Parameters:
  ///   - folder: Where the failures of all tests are.
  ///   - test: The test that failed.
  func write(below folder: String, of test: TestIdentity) throws {
    var path = folder
    let names = [test.module, test.corpusName.suite, test.corpusName.name]
    for name in names where !name.isEmpty {
      let siblings = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      path += "/" + CorpusPath.folderName(for: name, beside: siblings)
    }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, content) in files {
      try FileCalls.system.writeAtomically(Array(content.utf8), folder: path, name: name)
    }
  }
}
