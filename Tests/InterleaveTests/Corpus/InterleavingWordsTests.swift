import InterleaveEngine
import Testing

@testable import Interleave

@Suite struct InterleavingWordsTests {
  @Test func anInterleavingIsALinePerStepInColumns() {
    let withdraw = "Bank.withdraw(_:)"
    let place = Interleaving.Place(file: "/p/Bank.swift", line: 12)
    let interleaving = Interleaving(steps: [
      .init(name: step("0", 0, "transfers()")),
      .init(name: step("0.0", 0, withdraw, on: "Bank"), place: place),
      .init(
        name: step("0.1", 0, withdraw, on: "Bank"), place: place,
        changes: [.init(property: "balance", before: "100", after: "20")], isPreemption: true),
      .init(name: step("0", 1, "transfers()", 1), isStall: true),
    ])
    #expect(
      interleaving.words() == [
        "1  task 0    transfers()",
        "2  task 0.0  Bank.withdraw(_:)  Bank.swift:12  on Bank",
        "3  task 0.1  Bank.withdraw(_:)  Bank.swift:12  on Bank  interrupting  balance 100 -> 20",
        "4  task 0    transfers()                                after a stall",
      ])
    #expect(Interleaving().words().isEmpty)
    #expect(
      Interleaving.steps(inWords: interleaving.words()) == [
        .init(function: "transfers()", place: nil),
        .init(function: withdraw, place: "Bank.swift:12"),
        .init(function: withdraw, place: "Bank.swift:12"),
        .init(function: "transfers()", place: nil),
      ])
  }

  @Test func whatAStepLacksIsNotReadFromTheNextColumn() {
    let words = [
      " 9  task 0                                                    HubRaces.swift:57",
      "10  task 0.1",
      "11  task 0.1  closure #2 in HubRaces.subscribeAndClose(_:)  HubRaces.swift:56  on EventHub",
      "... 7 more steps ...",
      "12  task 0.0  EventHub.subscribe(_:)                                           on AuditLog  n [] -> [\"a:1\"]",
    ]
    #expect(
      Interleaving.steps(inWords: words) == [
        .init(function: "", place: "HubRaces.swift:57"), .init(function: "", place: nil),
        .init(function: "closure #2 in HubRaces.subscribeAndClose(_:)", place: "HubRaces.swift:56"),
        .init(function: "EventHub.subscribe(_:)", place: nil),
      ])
    #expect(Interleaving.steps(inWords: ["", "    ", "3"]) == [.init(function: "", place: nil)])
  }

  @Test func aLibrarysFunctionIsToldWithTheOneOfTheProgramThatAwaitsIt() {
    let interleaving = Interleaving(steps: [
      .init(name: step("0", 0, "transfers()"), caller: ""),
      .init(name: step("0", 1, "Task.yield()"), caller: "closure #1 in transfers()"),
      .init(name: step("0", 2, ""), caller: "transfers()"),
    ])
    let words = interleaving.words()
    #expect(
      words == [
        "1  task 0  transfers()", "2  task 0  Task.yield(), awaited by closure #1 in transfers()",
        "3  task 0",
      ])
    #expect(
      Interleaving.steps(inWords: words) == [
        .init(function: "transfers()"),
        .init(function: "Task.yield()", caller: "closure #1 in transfers()"),
        .init(function: ""),
      ])
  }

  @Test func closuresCountAsTheFunctionThatHoldsThem() {
    #expect(CorpusEntry.holder(of: "closure #1 in closure #2 in f()") == "f()")
    #expect(CorpusEntry.holder(of: "Bank.withdraw(_:)") == "Bank.withdraw(_:)")
  }

  @Test func theMiddleOfALongInterleavingIsLeftOut() {
    let steps = (0..<100_000).map { Interleaving.Step(name: step("0", $0, "f()")) }
    let words = Interleaving(steps: steps).words(limit: 5)
    #expect(
      words == [
        "     1  task 0  f()", "     2  task 0  f()", "... 99996 more steps ...",
        " 99999  task 0  f()", "100000  task 0  f()",
      ])
    #expect(Interleaving(steps: Array(steps.prefix(5))).words(limit: 5).count == 5)
  }
}
