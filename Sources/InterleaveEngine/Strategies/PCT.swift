/// Runs the task of highest priority, and lowers a few priorities at random moments.
///
/// Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte:
/// "A randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS
/// 2010). A bug of depth `d`, one that `d` ordering constraints bring about, is
/// found in a run with a probability of at least `1/(n·k^(d-1))`, where `n` is the
/// number of tasks and `k` that of steps, if that depth is tried.
///
/// The depth is drawn for each run, each half as likely as the one below, as
/// nobody knows it beforehand. `k` is the most steps that any earlier run took,
/// those at which nothing was to choose included. A run that takes four times as
/// many goes on as a random walk, so that a task that waits by trying again
/// cannot keep the others from running. How long it is then says nothing of the program.
///
/// A point inside a step at which others could run counts as one more: a priority may be lowered
/// there as well.
public final class PCT: Strategy, PureStrategy {
  private static let maxDepth = 6
  private static let firstGuess = 64
  private static let fairAfter = 4

  private let depth: Int?
  private var random = SplitMix64(seed: 0)
  /// The most steps of any earlier run, and the most points of any of its own.
  private var mostSteps = 0
  private var mostPoints = 0
  /// How many points steps of this run have come to.
  private var points = 0
  /// This run has become too long, and goes on as a random walk.
  private var walks = false
  /// By number of task: positive as drawn, negative once lowered.
  private let priorities = Column<Int64>()
  /// The steps and points, counted from 1, at which a priority is lowered, in order.
  private let changes = Column<Int>()
  private var nextChange = 0

  /// Makes a strategy.
  ///
  /// - Parameter depth: The depth of the bugs to look for, at least 1; nil to draw
  ///   it for each run.
  public init(depth: Int? = nil) {
    precondition((depth ?? 1) >= 1, "`depth` must be at least 1 (was \(depth ?? 1))")
    self.depth = depth
  }

  deinit {
    priorities.deallocate()
    changes.deallocate()
  }

  private var expectedSteps: Int { mostSteps == 0 ? Self.firstGuess : mostSteps + mostPoints }

  public func begin(_ run: RunStart) {
    random = SplitMix64(seed: run.seed)
    priorities.removeAll()
    changes.removeAll()
    nextChange = 0
    points = 0
    walks = false
    for _ in 1..<min(depth ?? drawDepth(), expectedSteps) { drawChange() }
  }

  private func drawDepth() -> Int {
    min(1 + random.next().trailingZeroBitCount, Self.maxDepth)
  }

  /// Draws a step that has not been drawn, and puts it in its place.
  private func drawChange() {
    while true {
      let step = 1 + random.below(expectedSteps)
      var index = changes.count
      while index > 0, changes[index - 1] > step { index -= 1 }
      guard index == 0 || changes[index - 1] != step else { continue }
      changes.insert(step, at: index)
      return
    }
  }

  public func choose(among steps: EnabledSteps) -> Int { decide(at: steps) }

  package func decide(at point: some ChoicePoint) -> Int {
    let record = point.record
    let passed = points
    if point.isInside { points += 1 }
    // The step that is at a point has been counted when it began.
    let step = record.stepCount + (point.isInside ? 0 : 1) + points
    walks = step > Self.fairAfter * expectedSteps
    guard !walks else { return random.below(point.count) }
    while priorities.count < record.taskCount {
      priorities.append(Int64(bitPattern: random.next() >> 1 | 1))
    }
    while nextChange < changes.count, changes[nextChange] < step {
      lower(record.step(at: changes[nextChange] - 1 - passed).taskNumber)
    }
    let pick = highest(point)
    guard nextChange < changes.count, changes[nextChange] == step else { return pick }
    lower(point.step(at: pick).taskNumber)
    return highest(point)
  }

  /// Puts a task below all others, those lowered before included.
  private func lower(_ task: Int) {
    nextChange += 1
    priorities[task] = -Int64(nextChange)
  }

  private func highest(_ point: some ChoicePoint) -> Int {
    var pick = 0
    var best = Int64.min
    for index in 0..<point.count {
      let priority = priorities[point.step(at: index).taskNumber]
      if priority > best {
        best = priority
        pick = index
      }
    }
    return pick
  }

  public func end(_ run: RunRecord) {
    // The next run is another's, unless it begins.
    defer { (walks, points) = (false, 0) }
    guard !walks else { return }
    mostSteps = max(mostSteps, run.stepCount)
    mostPoints = max(mostPoints, points)
  }
}
