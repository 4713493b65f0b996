import Interleave
import Testing

@Suite(.noLeftovers) struct PollerTests {
  @Test func stoppingEndsIt() async {
    let poller = Poller()
    await poller.start()
    await poller.stop()
  }
}
