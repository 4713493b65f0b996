import InterleaveEngine

@testable import Interleave

/// Interleavings to report on, as short as possible to write down.
enum Sample {
  /// Two withdrawals of which both say that they were covered, and one that waits.
  static let history = JudgedHistory(
    calls: [
      JudgedHistory.Call(
        lane: 1, operation: ".withdraw(80)", response: "true", invoked: 0, returned: 2),
      JudgedHistory.Call(
        lane: 2, operation: ".withdraw(60)", response: "true", invoked: 1, returned: 4),
      JudgedHistory.Call(
        lane: 3, operation: ".deposit(1)", response: nil, invoked: 3, returned: nil),
    ], explained: [2, 0], state: "21",
    misfits: [ConsistencyViolation.Misfit(call: 1, allowed: ["false"])])

  static func path(_ text: String) -> TaskPath {
    TaskPath(text) ?? TaskPath(ordinals: [])
  }

  static func step(
    _ task: String, _ ordinal: Int, _ function: String = "", line: Int? = nil,
    on actor: String = "",
    _ changes: [Interleaving.Change] = [], reason: EnabledReason = .hopped,
    preempts: Bool = false, stall: Bool = false, file: String = "/bank/Sources/Bank/Bank.swift"
  ) -> Interleaving.Step {
    Interleaving.Step(
      name: Interleaving.StepName(
        task: path(task), ordinal: ordinal, function: function, occurrence: 0, executor: actor),
      place: line.map { Interleaving.Place(file: file, line: $0) }, reason: reason,
      changes: changes, isPreemption: preempts, isStall: stall)
  }

  /// The lines of the bank, by their numbers.
  static let source = [
    12: "guard balance >= amount else { return false }", 13: "await log.append()",
    14: "balance -= amount",
  ]

  static func balance(_ before: Int, _ after: Int) -> [Interleaving.Change] {
    [Interleaving.Change(property: "balance", before: "\(before)", after: "\(after)")]
  }

  /// Two withdrawals, of which the second comes between the first's check and
  /// its act.
  static var overdrawn: Interleaving {
    let withdraw = "Bank.withdraw(_:)"
    let test = "/bank/Tests/BankTests/BankTests.swift"
    let steps = [
      step("0", 0, "neverOverdrawn()", line: 8, reason: .created, file: test),
      step("0.0", 0, reason: .created),
      step("0.0", 1, withdraw, line: 12, on: "Bank"),
      step(
        "0.0", 2, withdraw, line: 13, on: "Log",
        [Interleaving.Change(property: "n", before: "0", after: "1")]),
      step("0.1", 0, reason: .created, preempts: true),
      step("0.1", 1, withdraw, line: 12, on: "Bank"),
      step(
        "0.1", 2, withdraw, line: 13, on: "Log",
        [Interleaving.Change(property: "n", before: "1", after: "2")]),
      step("0.1", 3, withdraw, line: 14, on: "Bank", balance(100, 20)),
      step("0.0", 3, withdraw, line: 14, on: "Bank", balance(20, -60)),
      step("0", 1, reason: .resumed),
      step("0", 2, reason: .resumed),
      step("0", 3, "neverOverdrawn()", line: 11, file: test),
    ]
    return Interleaving(
      steps: steps,
      deviations: [
        Interleaving.Deviation(
          index: 4, picked: steps[4].name, passedOver: steps[8].name)
      ],
      tasks: [
        Interleaving.TaskInfo(path: path("0"), function: "neverOverdrawn()"),
        Interleaving.TaskInfo(
          path: path("0.0"), function: withdraw,
          madeAt: Interleaving.Place(file: test, line: 8)),
        Interleaving.TaskInfo(
          path: path("0.1"), function: withdraw,
          madeAt: Interleaving.Place(file: test, line: 9)),
      ])
  }

  static var overdrawnFailure: FuzzFailure {
    FuzzFailure(
      kind: .expectation, message: "Expectation failed: (await bank.balance → -60) >= 0",
      sourceLocation: FuzzFailure.SourceLocation(
        fileID: "BankTests/BankTests.swift", filePath: "/bank/Tests/BankTests/BankTests.swift",
        line: 11, column: 3),
      interleaving: overdrawn, inputs: ["amount = 80"],
      original: FuzzFailure.Size(steps: 31, preemptions: 6, deviations: 9), isMinimal: true,
      seed: 12345, schedulesTried: 1037,
      corpusFile: "/bank/corpus/BankTests/neverOverdrawn/5f3a.json",
      replayCommand: "swift test --filter 'BankTests/neverOverdrawn'",
      test: "BankTests/neverOverdrawn()")
  }

  /// As many clients as asked for, each with two stretches on a store; the second is
  /// interrupted by the last.
  static func crowd(_ count: Int) -> Interleaving {
    let function = "Store.update(key:with:)"
    var steps = [step("0", 0, "manyClients()", line: 5, reason: .created)]
    steps.append(step("0.0", 0, function, line: 20, on: "Store"))
    for client in (1..<count).reversed() {
      steps.append(
        step("0.\(client)", 0, function, line: 20, on: "Store", preempts: client == count - 1))
      steps.append(
        step(
          "0.\(client)", 1, function, line: 22, on: "Store",
          [Interleaving.Change(property: "entries", before: "[a: \(client)]", after: "[a: 9]")]))
    }
    steps.append(
      step(
        "0.0", 1, function, line: 22, on: "Store",
        [Interleaving.Change(property: "entries", before: "[a: 9]", after: "[a: 0]")]))
    return Interleaving(
      steps: steps,
      deviations: [
        Interleaving.Deviation(
          index: 2, picked: steps[2].name, passedOver: steps[steps.count - 1].name)
      ],
      tasks: [Interleaving.TaskInfo(path: path("0"), function: "manyClients()")]
        + (0..<count).map {
          Interleaving.TaskInfo(path: path("0.\($0)"), function: "closure #1 in manyClients()")
        })
  }
}
