import Foundation

/// A failure as a line that GitHub's runners put beside the source.
enum Annotation {
  /// The line; nil where no such runner reads it, or no place is known.
  ///
  /// - Parameter environment: The variables of the process.
  static func line(of failure: FuzzFailure, _ environment: [String: String]) -> String? {
    guard environment["GITHUB_ACTIONS"] == "true", let location = failure.sourceLocation else {
      return nil
    }
    let file = SourcePath.relative(location.filePath, to: environment["GITHUB_WORKSPACE"])
    let interleaving = failure.interleaving.shown
    let explanation = Explanation(interleaving, failure.findings)
    let told =
      explanation.collisionSentences(in: interleaving, .ascii)
      + explanation.reversalSentences(in: interleaving, .ascii)
      + [explanation.lateSentence(in: interleaving, .ascii)].compactMap(\.self)
    let text = ([failure.message] + told.map(\.withSpaces)).joined(separator: "\n")
    let title = "\(failure.test): \(failure.kind.words)"
    return "::error file=\(property(file)),line=\(location.line),title=\(property(title))::"
      + value(text)
  }

  private static func value(_ text: String) -> String {
    text.ascii.replacingOccurrences(of: "%", with: "%25")
      .replacingOccurrences(of: "\r", with: "%0D").replacingOccurrences(of: "\n", with: "%0A")
  }

  private static func property(_ text: String) -> String {
    value(text).replacingOccurrences(of: ":", with: "%3A")
      .replacingOccurrences(of: ",", with: "%2C")
  }
}
