// Linearizability: whether what a subject answered could have come of one operation after
// another.

/// What a subject does when it is used by one lane alone.
package struct SequentialModel<State: Hashable, Operation, Response> {
  /// The state that a run begins in.
  package var initial: State
  /// The state after an operation that returned a response; nil if it cannot have returned it.
  package var next: (State, Operation, Response) -> State?
  /// The states that an operation may lead to if its response is not known.
  package var pending: (State, Operation) -> [State]
  /// What an operation returns, if there is just one answer; nil from a model that has none.
  package var answer: ((State, Operation) -> Response?)?

  /// Makes a model in which an operation may return one of several responses.
  ///
  /// - Parameters:
  ///   - initial: The state that a run begins in.
  ///   - next: The state after an operation that returned a response; nil if it cannot have.
  ///   - pending: All states that an operation may lead to, for calls whose response is not
  ///     known. One that is missing here may make a correct run look wrong.
  package init(
    initial: State, next: @escaping (State, Operation, Response) -> State?,
    pending: @escaping (State, Operation) -> [State]
  ) {
    self.initial = initial
    self.next = next
    self.pending = pending
  }

  /// Makes a model in which each operation has one response.
  ///
  /// - Parameters:
  ///   - initial: The state that a run begins in.
  ///   - apply: Changes the state, and returns what the operation returns.
  package init(
    initial: State, apply: @escaping (inout State, Operation) -> Response
  ) where Response: Equatable {
    self.initial = initial
    next = { state, operation, response in
      var state = state
      return apply(&state, operation) == response ? state : nil
    }
    pending = { state, operation in
      var state = state
      _ = apply(&state, operation)
      return [state]
    }
    answer = { state, operation in
      var state = state
      return apply(&state, operation)
    }
  }
}
