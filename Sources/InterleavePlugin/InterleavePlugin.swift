import Foundation
import PackagePlugin

/// `swift package interleave …`: the verbs of the `interleave` command for the package that it is
/// called in.
///
/// The command is built when it is asked for: as a tool of the plugin it would be built, and all that it
/// rests on once more, with each build of a package. It must not build itself, since SwiftPM holds
/// the lock of the build folder meanwhile.
@main struct InterleavePlugin: CommandPlugin {
  /// Verbs that run tests.
  private static let testing = ["fuzz", "replay", "report", "minimize", "verify", "prune"]

  func performCommand(context: PluginContext, arguments: [String]) async throws {
    if let verb = arguments.first, Self.testing.contains(verb),
      !arguments.contains("--no-replay"), !arguments.contains("--skip-build")
    {
      _ = try build(.all(includingTests: true))
    }
    let command = try build(.product("interleave")).builtArtifacts.first {
      $0.kind == .executable && $0.url.lastPathComponent == "interleave"
    }
    guard let command else {
      Diagnostics.error("the command was not built")
      return
    }
    let process = Process()
    process.executableURL = command.url
    process.currentDirectoryURL = context.package.directoryURL
    process.arguments = arguments + options(arguments, context)
    try process.run()
    process.waitUntilExit()
    if process.terminationStatus != 0 {
      Diagnostics.error("`interleave` ended with exit code \(process.terminationStatus)")
    }
  }

  private func build(
    _ subset: PackageManager.BuildSubset
  ) throws -> PackageManager.BuildResult {
    let result = try packageManager.build(subset, parameters: PackageManager.BuildParameters())
    guard result.succeeded else {
      print(result.logText)
      throw BuildFailure()
    }
    return result
  }

  private struct BuildFailure: Error, CustomStringConvertible {
    var description: String { "the package cannot be built" }
  }

  /// What the command must know to run in the place of the plugin.
  private func options(_ arguments: [String], _ context: PluginContext) -> [String] {
    guard let verb = arguments.first, verb != "demo", !verb.hasPrefix("-") else { return [] }
    let package =
      arguments.contains("--package-path")
      ? [] : ["--package-path", context.package.directoryURL.path]
    return package + (arguments.contains("--skip-build") ? [] : ["--skip-build"]) + [
      "--ignore-lock"
    ]
  }
}
