import Interleave
import Testing

private actor Cell {
  private(set) var value = 0

  func swap(_ next: Int) -> Int {
    defer { value = next }
    return value
  }
}

@Test func noValueOfACellIsReadTwice() async throws {
  let report = try await fuzz(schedules: 1_000) {
    let cell = Cell()
    async let one = cell.swap(1)
    async let other = cell.swap(2)
    return await [one, other, cell.value]
  }
  #expect(!report.outcomes.contains { $0.value == "[0, 0, 1]" })
  #expect(Set(report.outcomes.map(\.value)) == ["[0, 1, 2]", "[2, 0, 1]"])
}
