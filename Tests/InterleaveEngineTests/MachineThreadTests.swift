import InterleaveEngine
import Testing

/// Threads of the engine's own.
struct MachineThreadTests {
  /// Both an ordinary stack, and one that no system can give.
  @Test(arguments: [MachineThread.stackSize, 1 << 60])
  func whatIsDetachedRunsWhetherThereIsAThreadOrNot(stackSize: Int) async {
    await withCheckedContinuation { hasRun in
      MachineThread.detach(stackSize: stackSize) { hasRun.resume() }
    }
  }
}
