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

  @Test func aJournalIsReadAsItWasWritten() throws {
    let text =
      CrashJournal.head(seed: 0xABC)
      + "i 0000000000000011 0000000000000000 0000000000000000 0000000000000000\n"
      + "d 00000000000000ff 0000000000000002 00000000000000fe 0000000000000001\nend\n"
    let journal = try #require(CrashJournal(text))
    #expect(journal.seed == 0xABC)
    #expect(journal.index == 17)
    #expect(
      journal.deviations == [
        RawDeviation(
          picked: StepKey(task: 255, ordinal: 2), passedOver: StepKey(task: 254, ordinal: 1))
      ])
  }

  @Test func aJournalThatBreaksOffIsNone() {
    let head = CrashJournal.head(seed: 1)
    #expect(CrashJournal(head) == nil)
    #expect(CrashJournal(head + "i 0 0 0 0\nd 1 2\nend\n") == nil)
    #expect(CrashJournal(head + "i 0 0 0 0\nx 1 2 3 4\nend\n") == nil)
    #expect(CrashJournal("something else\n" + head + "end\n") == nil)
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
