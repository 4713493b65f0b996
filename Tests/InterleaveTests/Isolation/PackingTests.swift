import InterleaveEngine
import Testing

@testable import Interleave

/// What goes from a process to another comes out as it went in, with nothing left behind.
@Suite struct PackingTests {
  /// A copy by way of bytes, which must all be read.
  private func copy<Value>(
    _ pack: (inout Packet) -> Void, _ unpack: (inout Packet) -> Value
  ) -> Value {
    var packet = Packet()
    pack(&packet)
    // What follows is found where it is looked for.
    packet.put(0x5EA1)
    var copy = Packet(packet.bytes)
    let value = unpack(&copy)
    #expect(copy.take(Int.self) == 0x5EA1)
    return value
  }

  /// The properties of a value, each with all that is in it.
  private func properties(of value: Any) -> [String: String] {
    Mirror(reflecting: value).children.reduce(into: [:]) { properties, child in
      var text = ""
      dump(child.value, to: &text)
      properties[child.label ?? ""] = text
    }
  }

  /// Each property of a value is another than in a plain one, so that none is lost unseen.
  private func isTelling(_ value: Any, plain: Any, but skipped: Set<String> = []) -> Bool {
    let (mine, theirs) = (properties(of: value), properties(of: plain))
    return mine.allSatisfy { skipped.contains($0.key) || $0.value != theirs[$0.key] }
  }

  private let location = FuzzFailure.SourceLocation(
    fileID: "T/T.swift", filePath: "/p/T.swift", line: 3, column: 7)

  private var failure: RunFailure {
    RunFailure(
      kind: .invariant, message: "was ü", location: location, place: "T.swift:3", steps: 12,
      isMistake: true, isForEver: true, isElsewhere: true, callStack: ["Bank.check() (B.swift:1)"],
      history: Sample.history)
  }

  @Test func aFailure() {
    let plain = RunFailure(kind: .crash, message: "", location: nil, place: "")
    #expect(isTelling(failure, plain: plain))
    for original in [failure, plain] {
      let copy = copy({ original.pack(into: &$0) }, { RunFailure(from: &$0) })
      #expect(properties(of: copy) == properties(of: original))
    }
  }

  private func recording(_ number: Int128) -> Recording {
    Recording(
      choices: [RecordedChoice(value: .integer(number), domain: .integer(-9...9, simplest: 0))],
      spans: [ChoiceSpan(kind: .element, parent: -1, start: 0, end: 1)])
  }

  private var draws: Draws {
    var draws = Draws(
      inputs: recording(1), prefix: [recording(2), recording(3)],
      lanes: [[], [recording(4)], [recording(5), recording(6)]])
    draws.doubles = recording(7)
    return draws
  }

  @Test func whatWasDrawn() {
    #expect(isTelling(draws, plain: Draws()))
    for original in [draws, Draws()] {
      #expect(copy({ original.pack(into: &$0) }, { Draws(from: &$0) }) == original)
    }
  }

  @Test func aFailureThatWasFound() {
    func step(_ task: UInt64, _ reason: EnabledReason) -> RecordedStep {
      RecordedStep(
        key: StepKey(task: task, ordinal: 2), executor: 5, cause: 1, enabled: 3,
        passedOver: StepKey(task: 9, ordinal: 4), reason: reason, isPreemption: true,
        isStall: task == 1)
    }
    let schedule = RecordedSchedule(steps: [step(1, .timer), step(2, .hopped)])
    var original = FoundFailure(
      failure: failure, schedule: schedule, draws: draws, schedulesTried: 17, seed: .max,
      strategy: "pos")
    original.corpusFile = "corpus/a.json"
    original.halfFix = FuzzFailure.HalfFix(corpusFile: "corpus/b.json", reversals: 2)
    let copy = copy({ original.pack(into: &$0) }) { packet in
      let copy = FoundFailure(from: &packet)
      // The entry that it repairs.
      #expect(packet.takeTexts().isEmpty)
      return copy
    }
    #expect(properties(of: copy) == properties(of: original))
  }

  @Test func aReport() {
    var original = FuzzReport(schedules: 1, distinctInterleavings: 2, steps: 3, isExhaustive: true)
    original.replayed = 4
    original.choices = 5
    original.contendedActors = ["Bank"]
    original.escapes = ["a thread"]
    original.partners = ["a queue"]
    original.warnings = ["w"]
    original.fixed = ["f.json"]
    original.certificates = [
      FixCertificate(corpusFile: "f.json", reversals: 1, schedules: 9, unfinished: 2),
      FixCertificate(corpusFile: "g.json", reversals: 3, schedules: 8),
    ]
    original.stale = ["s.json"]
    original.repaired = ["r.json"]
    original.strategies = [
      StrategyShare(name: "pos", schedules: 6, newInterleavings: 5),
      StrategyShare(name: "pct", schedules: 4, newInterleavings: 1),
    ]
    original.residualRisk = FuzzReport.ResidualRisk(
      estimate: 0.25, upperBound: 0.5, schedules: 40, includesInputs: true)
    original.coverage = FuzzReport.OrderCoverage(
      pairs: 5, inBothOrders: 4, schedules: 30,
      inOneOrder: [.init(first: "reload() (Cache.swift:3)", second: "evict() (Cache.swift:9)")])
    original.interleavings = FuzzReport.InterleavingEstimate(
      estimate: 1e9, lowerBound: 1e8, upperBound: 1e10, tried: 3, schedules: 20,
      areOfWholeSteps: true)
    original.ending = .risk(below: 0.01)
    original.cancellations = 7
    original.sometimes = ["a hit": 3, "a miss": 0]
    original.outcomes = [FuzzReport.Outcome(value: "(1, 2)", count: 4, firstSchedule: 2)]
    original.proofObstacle = "a timer competed with other work"
    original.wholeSteps = ["no step was interrupted inside"]
    // Who waits for the report measures the time.
    #expect(isTelling(original, plain: FuzzReport(), but: ["elapsed"]))
    for report in [original, FuzzReport()] {
      #expect(copy({ report.pack(into: &$0) }, { FuzzReport(from: &$0) }) == report)
    }
  }

  @Test func whatStepsWereSeenToDo() {
    var original = StepSights()
    let change = Interleaving.Change(property: "balance", before: "1", after: "2")
    original.changes = [2: [change, change], 5: []]
    original.callers = [3: [7, 8], 9: []]
    original.notes = [4: ["checkpoint", "ü"]]
    let copy = copy({ original.pack(into: &$0) }, { StepSights(from: &$0) })
    #expect(copy.changes == original.changes)
    #expect(copy.callers == original.callers)
    #expect(copy.notes == original.notes)
  }

  @Test func theRunsOfAShare() {
    func note(_ number: UInt64) -> RunNote {
      RunNote(
        signature: number, draws: number + 1, steps: 3, choices: 4, place: 5,
        limits: ReductionLimits(rawValue: 6), isDrawn: true, isCancelled: number == 1,
        isGenerated: true)
    }
    let original = ShareLog(of: 31)
    for number in 1...3 as ClosedRange<UInt64> {
      original.add(note(number))
      if number == 2 { original.add(remarks: [9, 8]) }
    }
    original.fail([4, 5, 6], wasStopped: true)
    let copy = ShareLog(original.bytes)
    #expect(copy.number == 31 && copy.isLast && !copy.isBroken)
    #expect(copy.failure == [4, 5, 6] && copy.wasStopped)
    for number in 1...3 as ClosedRange<UInt64> {
      #expect(!copy.isOver)
      let (found, remarks) = copy.next()
      #expect(properties(of: found) == properties(of: note(number)))
      #expect(remarks?.bytes == (number == 2 ? [9, 8] : nil))
    }
    #expect(copy.isOver)
    let broken = ShareLog(of: 1)
    broken.isBroken = true
    let brokenCopy = ShareLog(broken.bytes)
    #expect(brokenCopy.isBroken && brokenCopy.isLast && brokenCopy.isOver)
    #expect(brokenCopy.failure == nil)
  }
}
