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
