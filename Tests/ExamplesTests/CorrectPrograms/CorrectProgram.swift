import Testing

/// A program without a race: whatever the order of its steps, its expectations
/// hold and it comes to its end.
struct CorrectProgram: Sendable, CustomTestStringConvertible {
  var name: String
  var body: @Sendable () async throws -> Void

  init(_ name: String, _ body: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.body = body
  }

  var testDescription: String { name }

  static let all = actors + tasks + waiting + lifetimes
}
