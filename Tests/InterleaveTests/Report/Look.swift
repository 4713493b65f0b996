@testable import Interleave
import Testing
@Test func look() {
  for w in [60, 80, 100, 140] { print("=== \(w)"); print(FailureReport.render(Sample.overdrawnFailure, width: w, colour: false, root: "/bank")) }
  for (n, w) in [(6, 60), (6, 100), (40, 80)] {
    print("=== crowd \(n) \(w)")
    var f = Sample.overdrawnFailure
    f.interleaving = Sample.crowd(n)
    print(FailureReport.render(f, width: w, colour: false, root: "/bank").split(separator: "\n", omittingEmptySubsequences: false).prefix(100).joined(separator: "\n"))
  }
  print(FailureReport.render(Sample.overdrawnFailure, width: 100, colour: true, root: "/bank"))
  print(FuzzReport(schedules: 1000, distinctInterleavings: 412, steps: 31234, isExhaustive: true, replayed: 1, elapsed: .milliseconds(370), choices: 412, contendedActors: ["Bank"], escapes: ["a"], warnings: ["b"]))
}
