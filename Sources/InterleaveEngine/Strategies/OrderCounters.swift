import CInterleave

/// Tells a coverage-guided engine which steps followed each other on an actor.
///
/// A pair of places in the code counts as a branch of the code does: an input whose run shows a pair
/// that no other has shown is kept by the engine, and changed further. Such pairs are what
/// ``Guided`` goes by.
package final class OrderCounters {
  private let counters: UnsafeMutableBufferPointer<UInt8>
  private let neighbours = NeighbourSteps()

  /// Makes them; nil where no engine would look at them.
  package convenience init?() {
    var count = 0
    guard let first = il_engine_counters(&count), count > 0 else { return nil }
    self.init(UnsafeMutableBufferPointer(start: first, count: count))
  }

  init(_ counters: UnsafeMutableBufferPointer<UInt8>) {
    self.counters = counters
  }

  /// Counts what a run has shown.
  package func note(_ run: RunRecord) {
    neighbours.forEachPair(of: run) { executor, before, after in
      let pair = StepPair(.place, executor, before, after)
      let number = Int(truncatingIfNeeded: pair.hash % UInt64(counters.count))
      if counters[number] < .max { counters[number] += 1 }
    }
  }
}

/// Steps of different tasks that followed each other on an executor.
final class NeighbourSteps {
  /// By number of executor: what ran there last, and the number of its task.
  private let lanes = Column<(last: StepNames, task: Int)>()

  deinit { lanes.deallocate() }

  /// Calls the body with each pair of a run.
  ///
  /// What nothing came before is a pair, too: it finds what was there at first. What one task does
  /// in a row says nothing of others.
  @inline(__always)
  func forEachPair(
    of run: RunRecord, _ body: (_ executor: UInt64, _ before: StepNames, _ after: StepNames) -> Void
  ) {
    lanes.removeAll()
    run.forEachStep { index, step in
      while lanes.count <= step.executorNumber { lanes.append((StepNames(), -1)) }
      let names = StepNames(task: step.taskName, place: run.code(ofStep: index))
      let lane = lanes.pointer(at: step.executorNumber)
      let before = lane.pointee
      lane.pointee = (names, step.task)
      if before.task != step.task { body(step.executor, before.last, names) }
    }
  }
}
