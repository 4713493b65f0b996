import CInterleave

/// A place at which a function goes on after one that it has awaited, on an actor.
package struct AwaitSite: Sendable, Hashable {
  /// Where the function's part begins that comes after it.
  package var resume: UInt
  /// No task has been suspended there, as far as that is seen.
  package var neverSuspends: Bool
  /// What was called when a task first went on there without having been suspended: addresses in
  /// the functions that made frames for others, the outermost first.
  package var calls: [UInt]

  package init(resume: UInt, neverSuspends: Bool, calls: [UInt]) {
    self.resume = resume
    self.neverSuspends = neverSuspends
    self.calls = calls
  }
}

extension Machine {
  /// Notes, in all runs from now on, at which places tasks are suspended, and at which they never
  /// are.
  package func noteAwaits(_ notes: Bool) { il_session_note_awaits(session, notes) }

  /// How often something became known of ``awaits`` that may matter.
  package var awaitChanges: Int { il_session_await_changes(session) }

  /// The places that were noted so far, in no order.
  package var awaits: [AwaitSite] {
    withUnsafeTemporaryAllocation(of: il_await_site.self, capacity: 256) { buffer in
      guard let start = buffer.baseAddress else { return [] }
      return buffer.prefix(il_session_awaits(session, start, buffer.count)).map { site in
        let calls = withUnsafeBytes(of: site.calls) { Array($0.bindMemory(to: UInt.self)) }
        return AwaitSite(
          resume: site.resume, neverSuspends: site.passed && !site.suspended,
          calls: Array(calls.prefix(site.call_count)))
      }
    }
  }
}
