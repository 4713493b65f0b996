/// The name of what is fuzzed, as corpus folders and reports use it.
struct TestIdentity: Sendable, Hashable {
  /// The suite, or the file where there is none.
  var suite: String
  /// The test.
  var name: String
  /// What tells the cases of a parameterised test apart; empty for others.
  var arguments: String
  /// The file that contains it, by which the package is found.
  var filePath: String

  /// A test runner runs it, and can be told to run it again.
  var isTest = false

  /// The command that runs it again.
  var replayCommand: String? {
    isTest ? "swift test --filter '\(name.prefix { $0 != "(" })'" : nil
  }

  /// The whole name, from which CI derives the seed.
  var fullName: String {
    arguments.isEmpty ? "\(suite)/\(name)" : "\(suite)/\(name)/\(arguments)"
  }
}
