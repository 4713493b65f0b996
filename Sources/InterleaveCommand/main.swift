import Foundation

do throws(UsageError) {
  switch try Command(arguments: Array(CommandLine.arguments.dropFirst())) {
  case .help:
    print(Command.usage)
  case .demo(let seed):
    let isComplete = await Demo(seed: seed).run { print($0) }
    exit(isComplete ? EXIT_SUCCESS : EXIT_FAILURE)
  }
} catch {
  FileHandle.standardError.write(Data("error: \(error)\n\n\(Command.usage)\n".utf8))
  exit(EX_USAGE)
}
