await FindingBenchmark.run(arguments: Array(CommandLine.arguments.dropFirst()))
