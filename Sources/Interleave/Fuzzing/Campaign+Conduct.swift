import InterleaveEngine

extension Campaign {
  func conduct(recordsExpectations: Bool) -> FuzzResult {
    let found = explore()
    finishReport()
    guard let (failure, schedule) = found else {
      return FuzzResult(outcome: .passed(report), cancellation: run.cancellation)
    }
    let f = FuzzFailure(
      kind: failure.kind, message: failure.message, sourceLocation: failure.location,
      original: .init(
        steps: schedule.steps.count, preemptions: schedule.preemptions,
        deviations: schedule.deviations.count),
      seed: resolved.seed, schedulesTried: report.schedules, test: test.name)
    var isRecorded = false
    if recordsExpectations, failure.kind == .expectation {
      capture.passNext(with: "\(f)")
      _ = execute(Replay(schedule.deviations), RunStart(index: 0, seed: 0))
      isRecorded = capture.stopPassing()
    }
    return FuzzResult(outcome: .failed(f, report), isRecorded: isRecorded)
  }
}
