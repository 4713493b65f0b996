import Examples
import Foundation
import Interleave

/// Makes the pages of failures: of a race of each system, of two specs, one of as many steps as are
/// bearable, and one whose names and values do what they can.
///
/// - Parameter folder: Where.
/// - Returns: Each race was found.
func makePages(in folder: String) async throws -> Bool {
  var configuration = FuzzConfiguration()
  configuration.seed = 1
  configuration.corpus = .none
  let fuzzer = Fuzzer(configuration)
  var systems: Set<String> = []
  var isGood = true
  for race in SystemRace.all where systems.insert(race.system).inserted {
    guard let failure = await race.inRacySystem(fuzzer).failure else {
      print("\(race.name) was not found")
      isGood = false
      continue
    }
    try write(failure, to: "\(folder)/\(race.system)")
  }
  for example in SpecExample.all.prefix(2) {
    guard let failure = await example.racy(fuzzer).failure else {
      print("\(example) was not found")
      isGood = false
      continue
    }
    try write(failure, to: "\(folder)/spec-\(example)")
  }
  try write(longFailure(of: 10_000), to: "\(folder)/long")
  try write(hostileFailure(), to: "\(folder)/hostile")
  return isGood
}

private func write(_ failure: FuzzFailure, to folder: String) throws {
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  let clock = ContinuousClock()
  let text = clock.measure { _ = failure.text(width: 100) }
  var page = ""
  let made = clock.measure { page = failure.html }
  try page.write(toFile: "\(folder)/report.html", atomically: true, encoding: .utf8)
  let steps = failure.interleaving.steps.count
  print("\(folder): \(steps) steps, text in \(text.short), page in \(made.short)")
}

extension Duration {
  fileprivate var short: String {
    "\((Double(components.seconds) + Double(components.attoseconds) / 1e18).fixed(2)) s"
  }
}

/// As many steps of some tasks on some actors.
private func longFailure(of count: Int) -> FuzzFailure {
  let steps = (0..<count).map { index in
    let task = index % 7
    let name = Interleaving.StepName(
      task: TaskPath(ordinals: [0, UInt32(task)]), ordinal: index / 7, function: "Store.put(_:)",
      occurrence: index / 7, executor: "Store")
    var step = Interleaving.Step(
      name: name, place: Interleaving.Place(file: #filePath, line: 1 + index % 40))
    step.changes = [
      Interleaving.Change(property: "count", before: "\(index)", after: "\(index + 1)")
    ]
    step.cause = index == 0 ? nil : max(0, index - 1 - index % 5)
    step.enabled = 1 + index % 4
    return step
  }
  return FuzzFailure(
    kind: .expectation, message: "a run of many steps",
    interleaving: Interleaving(steps: steps), seed: 1, schedulesTried: 1, test: "long()")
}

/// What a program may call its types, and what it may hold.
private func hostileFailure() -> FuzzFailure {
  let text =
    "</script><script>window.attacked = 1</script><img src=x onerror='window.attacked = 1'>"
  var failure = longFailure(of: 30)
  failure.test = text
  failure.message = text + String(repeating: "x", count: 1 << 20)
  failure.history = JudgedHistory(
    calls: [
      JudgedHistory.Call(lane: 1, operation: text, response: text, invoked: 0, returned: 2),
      JudgedHistory.Call(lane: 2, operation: text, response: nil, invoked: 1, returned: nil),
    ], explained: [0], state: text, misfits: [ConsistencyViolation.Misfit(call: 1, allowed: [text])]
  )
  for index in failure.interleaving.steps.indices {
    failure.interleaving.steps[index].name.function = "\u{202E}" + text
    failure.interleaving.steps[index].actor = "\"'`${window.attacked = 1}"
    failure.interleaving.steps[index].notes = ["\u{2028}\u{0}\u{1B}[31m👩‍👩‍👧"]
    failure.interleaving.steps[index].changes[0].after = String(repeating: text, count: 10_000)
  }
  return failure
}
