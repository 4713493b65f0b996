import Interleave
import Testing

/// What makes one list of choices simpler than another.
@Suite struct RecordingTests {
  private func recording(_ values: Int128...) -> Recording {
    Recording(
      choices: values.map {
        RecordedChoice(value: .integer($0), domain: .integer(-9...9, simplest: 0))
      })
  }

  @Test func fewerChoicesAreSimplerThenTheFirstThatDiffersDecides() {
    let ascending = [
      recording(), recording(0), recording(9), recording(0, 0), recording(0, 9), recording(1, 0),
      recording(1, 8), recording(0, 0, 0), recording(9, 9, 9, 9),
    ]
    for one in ascending.indices {
      for other in ascending.indices {
        #expect(ascending[one].isSimpler(than: ascending[other]) == (one < other))
      }
    }
  }
}
