import InterleaveEngine

/// The jobs that wait for one actor, as a machine may have noted them.
struct RandomMailbox {
  var jobs: [Arrival]
  /// When the last step on the actor ended.
  var lastEnd: Int
  /// Since when the actor has surely been free, but for the jobs; `.max` if unknown.
  var freeSince: Int
  /// The moment at which the next job is chosen.
  var now: Int

  init(jobs: [Arrival], lastEnd: Int, freeSince: Int, now: Int) {
    self.jobs = jobs
    self.lastEnd = lastEnd
    self.freeSince = freeSince
    self.now = now
  }

  /// Draws a mailbox of at least one job.
  init(_ random: inout SplitMix64, most: Int = 4) {
    let now = 1_000
    self.now = now
    lastEnd = 100 * random.below(6)
    freeSince = random.below(2) == 0 ? .max : lastEnd + 100 * random.below(3)
    var moments = (1...9).map { 100 * $0 + 50 }
    jobs = (0...random.below(most)).map { _ in
      let moment = moments.remove(at: random.below(moments.count))
      let urgency = UInt8(random.below(3))
      guard random.below(2) == 0 else {
        return Arrival(earliest: moment, latest: moment, urgency: urgency)
      }
      let latest = random.below(2) == 0 ? Int.max : moment + 100 * random.below(4) + 60
      return Arrival(
        earliest: moment, latest: latest < now ? latest : .max, urgency: urgency,
        takesFreeActor: random.below(2) == 0)
    }
  }

  /// What the rule of enabled steps says of one job.
  func allows(_ index: Int) -> Bool {
    let job = jobs[index]
    return jobs.indices.allSatisfy { other in
      guard other != index else { return true }
      let rival = jobs[other]
      if rival.mustPrecede(job, lastEnd: lastEnd) { return false }
      guard rival.urgency < job.urgency, rival.latest < job.earliest else { return true }
      let others = jobs.indices.filter { $0 != other }.map { jobs[$0] }
      return !rival.surelyTookActor(among: others, freeSince: freeSince, limit: job.urgency)
    }
  }
}

/// A default actor of the runtime, from the end of a step to the next one, with all
/// that is left open decided in every way.
///
/// - The thread that ran the last step lets go of the actor some time after it.
/// - If jobs wait then, a thread comes for them, some time later, and takes the most
///   urgent one, first in first out among equals.
/// - If none waits, the actor is free. The first job that arrives is run by the
///   thread that brings it, if that thread goes along with its task; otherwise it
///   waits for a thread to come, as before.
enum ActorHistory {
  /// The jobs that may run next.
  static func firstJobs(of box: RandomMailbox) -> Set<Int> {
    var result: Set<Int> = []
    decide(box, [], &result)
    return result
  }

  /// Decides on the arrival of one job after the other.
  private static func decide(_ box: RandomMailbox, _ times: [Int], _ result: inout Set<Int>) {
    let index = times.count
    guard index < box.jobs.count else {
      run(box, times, &result)
      return
    }
    let job = box.jobs[index]
    guard job.earliest < job.latest else {
      decide(box, times + [job.earliest], &result)
      return
    }
    // Between any two moments of the others, no two jobs at once.
    for start in stride(from: job.earliest, to: min(job.latest, box.now), by: 50) {
      decide(box, times + [start + 1 + index], &result)
    }
    // It is still on its way when the next job is chosen.
    if job.latest == .max { decide(box, times + [box.now + 1 + index], &result) }
  }

  /// Decides when the actor is let go of, and when a thread comes for its jobs.
  private static func run(_ box: RandomMailbox, _ times: [Int], _ result: inout Set<Int>) {
    let arrivals = times.filter { $0 < box.now }.sorted()
    let releases =
      [box.lastEnd] + arrivals.filter { $0 > box.lastEnd && $0 < box.freeSince }.map { $0 + 1 }
    for release in releases {
      var ready = release
      if !arrivals.contains(where: { $0 < release }) {
        guard let first = arrivals.first, let index = times.firstIndex(of: first) else { continue }
        if box.jobs[index].takesFreeActor {
          result.insert(index)
          continue
        }
        ready = first
      }
      for taken in [ready] + arrivals.filter({ $0 > ready }) {
        let waiting = times.indices.filter { times[$0] <= taken }
        let next = waiting.min {
          (box.jobs[$1].urgency, times[$0]) < (box.jobs[$0].urgency, times[$1])
        }
        if let next { result.insert(next) }
      }
    }
  }
}
