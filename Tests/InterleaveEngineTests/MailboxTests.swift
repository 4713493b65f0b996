import InterleaveEngine
import Testing

@Suite struct MailboxTests {
  @Test func aJobThatArrivedLaterWaitsForTheEarlierOne() {
    let first = Arrival(earliest: 1, latest: 1, priority: 21)
    let second = Arrival(earliest: 2, latest: 2, priority: 21)
    #expect(first.mustPrecede(second, lastEnd: 0))
    #expect(!second.mustPrecede(first, lastEnd: 0))
  }
}
