// A program that fuzzes without any test framework, for HostTests: it prints what
// came of each body, a line each. With arguments it writes to a corpus, for
// CorpusUnderFireTests; with `beside-loaders`, other threads load libraries meanwhile; with `prove` and
// a name, it searches for a proof, for SearchAcrossProcessesTests; with a file alone, it runs that as
// libFuzzer would.

import Interleave
import Testing

private actor Counter {
  private(set) var value = 0

  func set(_ value: Int) { self.value = value }
  func add() { value += 1 }
}

private struct Lost: Error {}

/// Adds to a counter by reading and writing it in two steps, twice at once.
private func addTwice(to counter: Counter) async {
  let add: @Sendable () async -> Void = {
    let value = await counter.value
    await counter.set(value + 1)
  }
  async let a: Void = add()
  async let b: Void = add()
  _ = await (a, b)
}

CorpusWriter.runIfAsked(CommandLine.arguments)
EngineInput.runIfAsked(CommandLine.arguments)
await ProofSearch.runIfAsked(CommandLine.arguments)
if CommandLine.arguments.contains("beside-loaders") { startLoaders() }

private var configuration = FuzzConfiguration()
configuration.corpus = .none
configuration.seed = 1
configuration.schedules = 200
private let fuzzer = Fuzzer(configuration)

private func tell(_ name: String, _ body: @escaping @Sendable () async throws -> Void) async {
  switch await fuzzer.run(named: name, body) {
  case .passed(let report) where report.isExhaustive:
    print("\(name): passed all \(report.distinctInterleavings) interleavings")
  case .passed(let report): print("\(name): passed \(report.schedules) schedules")
  case .failed(let failure, _):
    let line = failure.sourceLocation.map { " at \($0)" } ?? ""
    print("\(name): \(failure.kind)\(line), \(failure.interleaving.preemptions) preemption(s)")
  }
}

await tell("holds") {
  let counter = Counter()
  async let a: Void = counter.add()
  async let b: Void = counter.add()
  _ = await (a, b)
  #expect(await counter.value == 2)
}
await tell("throws") {
  let counter = Counter()
  await addTwice(to: counter)
  if await counter.value < 2 { throw Lost() }
}
await tell("expects") {
  let counter = Counter()
  await addTwice(to: counter)
  #expect(await counter.value == 2)
}
await tell("always") {
  let counter = Counter()
  always(counter) { $0.value < 2 }
  await addTwice(to: counter)
}
