/// What must be equal for two failures to count as the same one.
///
/// Lines and values are no part of it: a failure stays the same failure when lines are added
/// above it or when another number is wrong.
package struct FailureSignature: Sendable, Hashable {
  package var kind: FuzzFailure.Kind
  /// A file or a function where it went wrong, or else a text that names it.
  package var place: String

  package init(kind: FuzzFailure.Kind, place: String) {
    self.kind = kind
    self.place = place
  }

  /// The signature of a failure.
  ///
  /// The place is the file that the failure points at; where it points at none, the first line
  /// of its message with every number replaced by `#`, since numbers are what changes from run
  /// to run: values, task paths, durations.
  package init(of failure: FuzzFailure) {
    let place = failure.sourceLocation?.fileID ?? Self.headline(failure.message)
    self.init(kind: failure.kind, place: place)
  }

  /// The first line of a message, without its numbers.
  static func headline(_ message: String) -> String {
    withoutNumbers(message.split(whereSeparator: \.isNewline).first ?? "")
  }

  /// A text with each run of digits, and of digits joined by dots, replaced by `#`.
  static func withoutNumbers(_ text: Substring) -> String {
    var result = ""
    var isInNumber = false
    for character in text {
      let isDigit = character.isASCII && character.isNumber
      if isDigit {
        if !isInNumber { result.append("#") }
        isInNumber = true
      } else if isInNumber && character == "." {
        continue
      } else {
        isInNumber = false
        result.append(character)
      }
    }
    return result
  }
}

extension CorpusEntry {
  /// Whether a failure is the one that is stored, although what it points at may lie in another
  /// file now.
  func isOf(_ failure: FuzzFailure) -> Bool {
    if FailureSignature(of: failure) == signature { return true }
    return failure.kind == kind && location != nil && failure.sourceLocation != nil
      && FailureSignature.headline(failure.message) == FailureSignature.headline(message)
  }
}
