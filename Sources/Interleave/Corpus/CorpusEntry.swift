import InterleaveEngine

/// One stored failure: what is needed to make it happen again, and to understand it.
package struct CorpusEntry: Sendable, Hashable {
  /// The newest version of the format that this code reads.
  package static let currentVersion = 2

  /// The version of the format that the entry is written in: the oldest that can hold it.
  ///
  /// Version 2 has steps that were interrupted inside, pools of so many threads, and random numbers of
  /// the run's own.
  package var version: Int {
    interruptions == .never && poolWidth == nil && randomSeed == nil ? 1 : 2
  }

  /// Where steps must be interrupted inside for its interleaving to be made again.
  var interruptions: Interruptions {
    let points = steps.compactMap(\.inside)
    return points.isEmpty ? .never : points.contains(where: \.isAfter) ? .everywhere : .before
  }

  /// The name of a test: its suite, or its file where it is in none, and its function.
  package struct TestName: Sendable, Hashable, CustomStringConvertible {
    /// The suite or the file; suites within suites are joined by dots.
    package var suite: String
    /// The function, for example `neverOverdrawn()`.
    package var name: String

    package init(suite: String, name: String) {
      self.suite = suite
      self.name = name
    }

    package var description: String { "\(suite)/\(name)" }
  }

  /// Where the failure showed.
  package struct Location: Sendable, Hashable {
    /// The file, relative to the package.
    package var file: String
    /// The line when the entry was written: information for people, never compared.
    package var line: Int

    package init(file: String, line: Int) {
      self.file = file
      self.line = line
    }
  }

  package var test: TestName
  /// What it means to fail in the same way.
  package var signature: FailureSignature
  /// What went wrong, for people.
  package var message: String
  package var location: Location?
  /// The seed of the campaign that found it.
  package var seed: UInt64
  /// The generated inputs, as Swift source where they can be printed so.
  package var inputs: [String]
  /// The generated operations, as Swift source where they can be printed so.
  package var operations: [String]
  /// The draws from which the inputs and operations are generated again, a row for each stream.
  package var choices: [[UInt64]]
  /// Where the schedule departed from the baseline, in order.
  package var deviations: [Interleaving.Deviation]
  /// The task that the run cancelled, if it did.
  package var cancellation: Interleaving.Cancellation?
  /// How many threads the pool had, where that bounded what could run.
  package var poolWidth: Int?
  /// What the program's random numbers are made from; nil for the seed.
  package var randomSeed: UInt64?
  /// The interleaving in words, for a reviewer; a replay does not look at it.
  package var words: [String]

  package init(
    test: TestName, signature: FailureSignature, message: String, location: Location? = nil,
    seed: UInt64 = 0, inputs: [String] = [], operations: [String] = [],
    choices: [[UInt64]] = [], deviations: [Interleaving.Deviation] = [],
    cancellation: Interleaving.Cancellation? = nil, poolWidth: Int? = nil,
    randomSeed: UInt64? = nil, words: [String] = []
  ) {
    self.poolWidth = poolWidth
    self.randomSeed = randomSeed
    self.test = test
    self.signature = signature
    self.message = message
    self.location = location
    self.seed = seed
    self.inputs = inputs
    self.operations = operations
    self.choices = choices
    self.deviations = deviations
    self.cancellation = cancellation
    self.words = words
  }

  /// The entry that keeps a failure.
  ///
  /// - Parameters:
  ///   - failure: The failure, shrunk.
  ///   - test: The test that found it.
  ///   - choices: The draws behind its inputs and operations.
  ///   - packageRoot: The folder of Package.swift, which file names are made relative to; nil
  ///     where there is none.
  package init(
    of failure: FuzzFailure, in test: TestName, choices: [[UInt64]] = [], packageRoot: String?
  ) {
    self.init(
      test: test, signature: FailureSignature(of: failure), message: failure.message,
      location: failure.sourceLocation.map {
        Location(file: CorpusPath.relative($0.filePath, to: packageRoot), line: $0.line)
      },
      seed: failure.seed, inputs: failure.inputs, operations: failure.operations,
      choices: choices,
      deviations: failure.interleaving.deviations.map {
        Interleaving.Deviation(index: $0.index, picked: $0.picked, passedOver: $0.passedOver)
      },
      cancellation: failure.interleaving.cancellation,
      poolWidth: failure.interleaving.poolWidth,
      randomSeed: failure.interleaving.randomSeed, words: failure.interleaving.words())
  }

  package var kind: FuzzFailure.Kind { signature.kind }

  /// The program's own functions among those of its steps, without repetitions; of closures, the
  /// function that holds them, since their numbers change with each closure that is added.
  ///
  /// A library's function, such as `Task.yield()`, says nothing about the program, and is often
  /// what a mend takes away: another function awaits it, or it has no line. It counts where there
  /// is nothing else.
  package var functions: [String] {
    let steps = Interleaving.steps(inWords: words).filter { !$0.function.isEmpty }
    let own = steps.filter { $0.caller == nil && $0.place != nil }
    var seen: Set<String> = []
    return (own.isEmpty ? steps : own).map { Self.holder(of: $0.function) }
      .filter { seen.insert($0).inserted }
  }

  /// `f()` of `closure #1 in closure #2 in f()`.
  static func holder(of function: String) -> String {
    guard let last = function.ranges(of: " in ").last else { return function }
    return String(function[last.upperBound...])
  }

  /// What its schedule departs by names a function, so that it cannot be found in a program that
  /// has nothing to do with it.
  var namesFunctions: Bool { steps.contains { !$0.function.isEmpty } }

  /// The steps that its schedule is told by.
  private var steps: [Interleaving.StepName] {
    deviations.flatMap { [$0.picked, $0.passedOver] } + [cancellation?.after].compactMap(\.self)
  }

  /// The name of the entry's file: equal for failures that are the same in all that a replay
  /// looks at.
  ///
  /// What does not count: the message, lines, the seed, the words, and the index of each
  /// deviation, which changes with every step that is added before it.
  package var digest: String {
    var hash = StableHash()
    hash.combine(signature.kind.rawValue)
    hash.combine(signature.place)
    hash.combine(UInt64(deviations.count))
    func combine(_ step: Interleaving.StepName) {
      hash.combine(step.task.description)
      hash.combine(UInt64(bitPattern: Int64(step.ordinal)))
      hash.combine(step.function)
      hash.combine(UInt64(bitPattern: Int64(step.occurrence)))
      hash.combine(step.executor)
      if let point = step.inside {
        hash.combine(point.operation.rawValue)
        hash.combine(UInt64(point.isAfter ? 1 : 0))
        hash.combine(UInt64(bitPattern: Int64(point.occurrence)))
      }
    }
    for deviation in deviations {
      combine(deviation.picked)
      combine(deviation.passedOver)
    }
    if let cancellation {
      hash.combine(cancellation.task.description)
      combine(cancellation.after)
    }
    if let poolWidth { hash.combine("\(poolWidth) threads") }
    if let randomSeed { hash.combine(randomSeed) }
    for texts in [inputs, operations] {
      hash.combine(UInt64(texts.count))
      for text in texts { hash.combine(text) }
    }
    hash.combine(UInt64(choices.count))
    for stream in choices {
      hash.combine(UInt64(stream.count))
      for choice in stream { hash.combine(choice) }
    }
    return hash.hexadecimal()
  }
}
