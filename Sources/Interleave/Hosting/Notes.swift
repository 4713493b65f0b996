import InterleaveEngine

/// Puts a line into the report of a failure, beside the step that is running.
///
/// ```swift
/// note("balance", await bank.balance)        // balance = 20, in its step's row
/// ```
///
/// It is free in all runs but the one that is shown, and outside of runs it does nothing.
///
/// - Parameters:
///   - name: What the value is of.
///   - value: What is told; it is asked for where it is told alone.
public func note(_ name: String, _ value: @autoclosure () -> some Any) {
  LiveRun.current?.note("\(name) = \(value())")
}

/// Says that something should come about in some runs of a campaign.
///
/// ```swift
/// sometimes("a hit while it loads", isLoading && entries[key] != nil)
/// ```
///
/// A campaign that passes and in which it never held has a warning, since what the test is about was
/// not tried; ``FuzzReport/sometimes`` counts in how many schedules it held. Where it holds in few,
/// the portfolio has some runs begin as one of these did, up to where it held, and go on at random:
/// what is wrong often lies behind what is rare. Outside of runs it does nothing.
///
/// - Parameters:
///   - name: What it is, in words; calls with the same words count as one.
///   - condition: Whether it is so now.
public func sometimes(_ name: String, _ condition: @autoclosure () -> Bool = true) {
  guard let run = LiveRun.current else { return }
  run.reach(name, condition())
}
