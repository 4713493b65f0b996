import Foundation
import Interleave

/// Does what a command line asks for.
package struct Verbs {
  let print: (String) -> Void
  /// Asks something, and reads the answer.
  private let ask: (String) -> String?

  package init(
    print: @escaping (String) -> Void, ask: @escaping (String) -> String? = { _ in nil }
  ) {
    self.print = print
    self.ask = ask
  }

  /// - Returns: The exit code.
  /// - Throws: ``CommandError`` that says why it could not be done.
  package func run(_ command: Command) async throws -> ExitCode {
    switch command {
    case .help:
      print(Command.usage)
      return .success
    case .demo(let seed):
      return await Demo(seed: seed).run(print) ? .success : .failure
    case .list(let options): return try list(options)
    case .show(let name, let options): return try show(name, options)
    case .verify(let replays, let options): return try verify(options, replays: replays)
    case .prune(let replays, let isSure, let options):
      return try prune(options, replays: replays, isSure: isSure)
    case .replay(let name, let stop, let options):
      return try replay(name, options, stop: stop, isWhole: false)
    case .report(let name, let options):
      return try replay(name, options, stop: nil, isWhole: true)
    case .minimize(let name, let runs, let options):
      return try minimize(name, runs: runs, options)
    case .fuzz(let settings, let options):
      return try LongFuzzing(settings, options, print: print).run()
    case .stub(let name, let options): return try stub(name, options)
    case .importInputs(let program, let inputs, let options):
      return try importInputs(program, inputs, options)
    }
  }

  // MARK: What is kept

  private func list(_ options: PackageOptions) throws -> ExitCode {
    var table = TextTable("entry", "test", "kind", "message")
    for stored in try StoredEntries(of: options).all {
      let message =
        switch stored.entry {
        case .success(let entry): entry.message
        case .failure(let error): error.description
        }
      table.rows.append([
        stored.path, stored.test, stored.kind,
        String(message.split(separator: "\n").first ?? ""),
      ])
    }
    guard options.json || !table.rows.isEmpty else {
      print("the corpus is empty")
      return .success
    }
    print(try table.rendered(asJSON: options.json))
    return .success
  }

  private func show(_ name: String, _ options: PackageOptions) throws -> ExitCode {
    let stored = try StoredEntries(of: options).only(name)
    let entry: CorpusEntry
    switch stored.entry {
    case .success(let read): entry = read
    case .failure(let error): throw CommandError(.data, error.description)
    }
    if options.json {
      print(entry.json())
      return .success
    }
    var lines = ["\(stored.test): \(entry.kind.rawValue)"]
    lines += entry.message.split(separator: "\n").map { "  \($0)" }
    if let location = entry.location { lines.append("  at \(location.file):\(location.line)") }
    for (title, values) in [("Inputs", entry.inputs), ("Operations", entry.operations)]
    where !values.isEmpty {
      lines += ["", title] + values.map { "  \($0)" }
    }
    lines += ["", "The interleaving"] + entry.words.map { "  \($0)" }
    lines += ["", "Replay", "  interleave replay \(stored.path)"]
    print(lines.joined(separator: "\n"))
    return .success
  }

  // MARK: Whether it is of use

  private func verify(_ options: PackageOptions, replays: Bool) throws -> ExitCode {
    let checked = try EntryCheck(options).check(replays: replays)
    var table = TextTable("entry", "test", "state", "reason")
    for item in checked {
      table.rows.append([
        item.stored.path, item.stored.test, item.state.rawValue, item.reason,
      ])
    }
    guard options.json || !table.rows.isEmpty else {
      print("the corpus is empty")
      return .success
    }
    print(try table.rendered(asJSON: options.json))
    return checked.allSatisfy(\.state.isWell) ? .success : .failure
  }

  private func prune(
    _ options: PackageOptions, replays: Bool, isSure: Bool
  ) throws -> ExitCode {
    let useless = try EntryCheck(options).check(replays: replays).filter(\.state.isUseless)
    guard !useless.isEmpty else {
      print("every entry is of use")
      return .success
    }
    for item in useless {
      print("\(item.stored.path): \(item.state.rawValue): \(item.reason)")
    }
    let question =
      "Delete \(useless.count == 1 ? "this file" : "these \(useless.count) files")? [y/N] "
    guard isSure || ["y", "yes"].contains(ask(question)?.lowercased()) else {
      print("nothing was deleted")
      return .failure
    }
    for item in useless {
      do {
        try FileManager.default.removeItem(atPath: item.stored.location)
      } catch {
        throw CommandError(
          .write, "cannot delete \(item.stored.path): \(error.localizedDescription)")
      }
    }
    print("deleted \(useless.count == 1 ? "1 file" : "\(useless.count) files")")
    return .success
  }

  // MARK: Replay

  private func replay(
    _ name: String, _ options: PackageOptions, stop: ReplayStop?, isWhole: Bool
  ) throws -> ExitCode {
    let stored = try StoredEntries(of: options).readable(name)
    let tests = PackageTests(options: options)
    try tests.build()
    var environment = ["INTERLEAVE_MODE": "replay", "INTERLEAVE_ENTRY": stored.location]
    if let stop {
      environment["INTERLEAVE_ISOLATION"] = "none"
      environment["INTERLEAVE_STOP_AT"] =
        switch stop {
        case .at(let step): String(step)
        case .each: "each"
        }
      print(
        "raising SIGTRAP before "
          + (environment["INTERLEAVE_STOP_AT"] == "each" ? "each step" : "the step")
          + "; for a debugger, start the test bundle with\n  "
          + environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
          .joined(separator: " "))
    }
    let (records, output) = try tests.records(filter: stored.filter, environment: environment)
    if stop != nil, records.allSatisfy({ !$0.wasReplayed && $0.error == nil }) {
      print(output)
      return .failure
    }
    let record = try stored.replayed(in: records)
    guard let failure = record.failure else {
      print(stored.words(ofPassing: record))
      return record.stale.isEmpty ? .success : .failure
    }
    if options.json {
      print(try Self.json(record))
    } else {
      print(isWhole ? failure.report : Self.words(of: failure, stored))
    }
    return .failure
  }

  private static func words(of failure: CampaignRecord.Failure, _ stored: StoredEntry) -> String {
    let place = failure.place.map { " at \($0)" } ?? ""
    return """
      still fails: \(failure.kind)\(place)
        \(failure.message.split(separator: "\n").joined(separator: "\n  "))
      `interleave report \(stored.path)` prints all of it
      """
  }

  static func json(_ record: CampaignRecord) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(record), as: UTF8.self)
  }
}
