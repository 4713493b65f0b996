/// What the lanes of a run called, and why no order of it agrees with the model.
package struct JudgedHistory: Sendable, Hashable {
  /// One call, from the event at which it was made to that at which it returned.
  package struct Call: Sendable, Hashable {
    package var lane: Int
    /// The operation, as Swift source.
    package var operation: String
    /// What was returned, as Swift source; nil while pending.
    package var response: String?
    package var invoked: Int
    /// Nil while pending.
    package var returned: Int?

    package init(lane: Int, operation: String, response: String?, invoked: Int, returned: Int?) {
      self.lane = lane
      self.operation = operation
      self.response = response
      self.invoked = invoked
      self.returned = returned
    }
  }

  /// The calls, in the order in which they were made.
  package var calls: [Call]
  /// The longest order that the model explains, by their indices.
  package var explained: [Int]
  /// The model's state after these, as Swift source.
  package var state: String
  /// What could have come next, by the indices of these calls.
  package var misfits: [ConsistencyViolation.Misfit]

  package init(
    calls: [Call], explained: [Int], state: String, misfits: [ConsistencyViolation.Misfit]
  ) {
    self.calls = calls
    self.explained = explained
    self.state = state
    self.misfits = misfits
  }
}
