import Foundation

func say(_ text: String) {
  FileHandle.standardError.write(Data("\(text)\n".utf8))
}

do {
  let command = try Command(arguments: Array(CommandLine.arguments.dropFirst()))
  let verbs = Verbs(print: { print($0) }) { question in
    print(question, terminator: "")
    return readLine()
  }
  exit(try await verbs.run(command).rawValue)
} catch let error as UsageError {
  say("error: \(error)\n\n\(Command.usage)")
  exit(ExitCode.usage.rawValue)
} catch let error as CommandError {
  say("error: \(error)")
  exit(error.code.rawValue)
} catch {
  say("error: \(error)")
  exit(ExitCode.failure.rawValue)
}
