import InterleaveEngine
import Testing

@testable import Interleave

/// What is read of the runtime's last words, and of a journal.
struct LastWordsTests {
  @Test func aFatalErrorOfTheProgramNamesItsFile() throws {
    let message = try #require(
      RuntimeMessage(
        in:
          "warming up\nApp/Bank.swift:12: Fatal error: overdrawn\nby 60\nCurrent stack trace:\n0 x"
      ))
    #expect(message.text == "Fatal error: overdrawn\nby 60")
    #expect(message.fileID == "App/Bank.swift")
  }

  @Test func aFileOfTheLibraryIsLeftOut() throws {
    let text = "Swift/ContiguousArrayBuffer.swift:692: Fatal error: Index out of range\n"
    let message = try #require(RuntimeMessage(in: text))
    #expect(message.text == "Fatal error: Index out of range")
    #expect(message.fileID == nil)
  }

  @Test func anExclusivityViolationIsSaidWithoutAddresses() throws {
    let text = """
      Simultaneous accesses to 0x7f07e00105d0, but modification requires exclusive access.
      Previous access (a modification) started at app`run + 12 (0x562893e179cc).
      """
    #expect(
      RuntimeMessage(in: text)?.text
        == "simultaneous accesses, but modification requires exclusive access.")
  }

  @Test func whatTheProgramPrintsIsNoMessage() {
    #expect(RuntimeMessage(in: "retrying after a Fatal error in the other process\n") == nil)
    #expect(RuntimeMessage(in: "") == nil)
  }

  @Test func whatACrashWroteDownIsRead() throws {
    let text =
      RunJournal.head(.crash, seed: 0xABC) + "elsewhere\n"
      + "i 0000000000000011 0000000000000000 0000000000000000 0000000000000000\n"
      + "d 00000000000000ff 0000000000000002 00000000000000fe 0000000000000001\n"
      + "c 00000000000000fd 00000000000000fe 0000000000000003 0000000000000000\nend\n"
    let journal = try #require(RunJournal(text))
    #expect(journal.reason == .crash)
    #expect(journal.isElsewhere)
    #expect(journal.finding == nil)
    #expect(journal.seed == 0xABC)
    #expect(
      journal.run
        == RunGlance(
          index: 17,
          deviations: [
            RawDeviation(
              picked: StepKey(task: 255, ordinal: 2), passedOver: StepKey(task: 254, ordinal: 1))
          ],
          cancellation: RecordedCancellation(task: 253, after: StepKey(task: 254, ordinal: 3))))
  }

  @Test func aFindingIsReadAsItWasWritten() throws {
    let values = [Choice.integer(-3), .boolean(true), .double(0.5), .integer(Int128.max)]
    let recording = Recording(
      choices: values.map { RecordedChoice(value: $0, domain: .boolean(forced: nil)) })
    var draws = Draws(inputs: recording, prefix: [recording], lanes: [[recording], [Recording()]])
    draws.doubles = recording
    let finding = RunJournal.Finding(
      message: "overdrawn\\n\nby 60 \u{20AC}", kind: .invariant, schedulesTried: 7,
      strategy: "surw", draws: draws)
    let run = RunGlance(
      index: 0,
      deviations: [
        RawDeviation(
          picked: StepKey(task: .max, ordinal: 2), passedOver: StepKey(task: 1, ordinal: -1))
      ])
    let journal = RunJournal(.found, seed: 9, run: run, finding: finding)
    #expect(RunJournal(journal.text) == journal)
  }

  @Test func aJournalThatBreaksOffIsNone() {
    let head = RunJournal.head(.crash, seed: 1)
    #expect(RunJournal(head) == nil)
    #expect(RunJournal(head + "i 0 0 0 0\n") == nil)
    #expect(RunJournal(head + "i 0 0 0 0\nd 1 2\nend\n") == nil)
    #expect(RunJournal(head + "i 0 0 0 0\nx 1 2 3 4\nend\n") == nil)
    #expect(RunJournal("something else\n" + head + "i 0 0 0 0\nend\n") == nil)
    #expect(RunJournal(head + "i 0 0 0 0\nend\n") != nil)
  }

  @Test func aPacketIsReadAsItWasWritten() {
    var packet = Packet()
    packet.put(7)
    packet.put(["a", "", "ü"])
    packet.put(all: [UInt16(3), 4])
    packet.put(optional: "x") { $0.put($1) }
    packet.put(optional: String?.none) { $0.put($1) }
    var copy = Packet(packet.bytes)
    #expect(copy.take(Int.self) == 7)
    #expect(copy.takeTexts() == ["a", "", "ü"])
    #expect(copy.takeAll(UInt16.self) == [3, 4])
    #expect(copy.takeOptional { $0.takeText() } == "x")
    #expect(copy.takeOptional { $0.takeText() } == nil)
  }

  @Test func drawsGoToAnotherProcessWhole() {
    let recording = Recording(
      choices: [RecordedChoice(value: .integer(-3), domain: .integer(-9...9, simplest: 0))],
      spans: [ChoiceSpan(kind: .element, parent: -1, start: 0, end: 1)])
    let draws = Draws(inputs: recording, prefix: [recording], lanes: [[], [recording, recording]])
    var packet = Packet()
    draws.pack(into: &packet)
    var copy = Packet(packet.bytes)
    #expect(Draws(from: &copy) == draws)
  }
}
