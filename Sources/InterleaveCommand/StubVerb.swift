import Foundation

extension PackageTests {
  /// What the package's modules declare.
  ///
  /// - Throws: ``CommandError`` where the package cannot be built.
  func symbolGraphs() throws -> [SymbolGraph] {
    let lock = options.ignoresLock ? ["--ignore-lock"] : []
    let result = try run(
      ["package"] + lock + ["dump-symbol-graph", "--minimum-access-level", "internal"],
      environment: [:])
    guard result.code == 0,
      let folder = result.output.matches(of: /Files written to (.+)/).last.map({ String($0.1) })
    else { throw CommandError(.build, "the package cannot be built:\n\(result.output)") }
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    return try files.filter { $0.hasSuffix(".symbols.json") && !$0.contains("@") }.map {
      try JSONDecoder().decode(
        SymbolGraph.self, from: Data(contentsOf: URL(filePath: "\(folder)/\($0)")))
    }
  }
}

extension Verbs {
  /// Prints a double of a protocol.
  func stub(_ name: String, _ options: PackageOptions) throws -> ExitCode {
    let graphs = try PackageTests(options: options).symbolGraphs()
    for graph in graphs {
      guard let symbol = graph.protocol(name) else { continue }
      let double = ProtocolDouble(symbol, requirements: graph.requirements(of: symbol))
      print(double.source)
      return .success
    }
    throw CommandError(.nothing, "no module of the package declares a protocol `\(name)`")
  }
}
