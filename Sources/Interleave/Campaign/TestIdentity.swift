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

  /// What tells a test runner to run this test alone; nil for what runs in no test.
  var filter: String?

  /// The module that contains it; empty where that is not known.
  var module = ""

  /// The command that runs it again.
  var replayCommand: String? { filter.map { "swift test --filter '\($0)'" } }

  /// The whole name, from which CI derives the seed.
  var fullName: String {
    arguments.isEmpty ? "\(suite)/\(name)" : "\(suite)/\(name)/\(arguments)"
  }
}

extension TestIdentity {
  /// What the corpus calls it.
  var corpusName: CorpusEntry.TestName {
    CorpusEntry.TestName(suite: suite, name: arguments.isEmpty ? name : "\(name) \(arguments)")
  }
}
