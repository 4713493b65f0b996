import InterleaveEngine

@testable import Interleave

/// Answers requests, and keeps them.
final class Answers: RunMaker {
  private(set) var requests: [RunRequest] = []
  private(set) var expected: [Int] = []
  private let answer: (RunRequest, Int) -> RunOutcome

  init(_ answer: @escaping (RunRequest, Int) -> RunOutcome) { self.answer = answer }

  func run(_ request: RunRequest, attempts: Int) -> RunOutcome {
    requests.append(request)
    return answer(request, requests.count)
  }

  var timeWaited: Int64 { 0 }

  func expect(_ series: [RunRequest]) { expected.append(series.count) }
}

/// Settles a failure by runs that somebody answers.
///
/// - Returns: What became of it, and the runs.
func settled(
  _ found: FoundFailure, by maker: Answers, _ resolved: ResolvedConfiguration
) -> (settled: SettledFailure?, runs: SettlingRuns) {
  let test = TestIdentity(suite: "S", name: "t()", arguments: "", filePath: "/p/T.swift")
  let progress = ShrinkingProgress(of: found, in: test)
  defer { progress.end() }
  let runs = SettlingRuns(
    maker, progress, seed: found.seed, beside: found.failure,
    duration: resolved.configuration.shrinking.duration)
  let settled = Settling(
    found: found, test: test, resolved: resolved,
    result: SearchResult(found: found, tally: Tally()), runs: runs, program: PlainProgram {},
    keeper: Keeper(corpus: nil, test: test.corpusName, testFile: test.filePath),
    capture: IssueCapture()
  ).settle(recordsExpectations: false)
  return (settled, runs)
}
