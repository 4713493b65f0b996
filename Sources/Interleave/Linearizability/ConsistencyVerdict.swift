/// Whether the model explains a history.
package enum ConsistencyVerdict: Sendable, Hashable {
  /// It does, if the calls took effect in this order (by their indices). A pending call that is
  /// not among them did not take effect.
  case consistent(order: [Int])
  /// No order explains it.
  case inconsistent(ConsistencyViolation)
  /// The search was given up after so many situations.
  case undecided(explored: Int)
}

/// Why the model does not explain a history.
package struct ConsistencyViolation: Sendable, Hashable {
  /// A call that could have been next in an order, and does not fit.
  package struct Misfit: Sendable, Hashable {
    /// The index of the call.
    package var call: Int
    /// What the model would have allowed as its response instead, as Swift source.
    ///
    /// Where the model may give several, only those that were returned somewhere in the history.
    package var allowed: [String]

    package init(call: Int, allowed: [String]) {
      self.call = call
      self.allowed = allowed
    }
  }

  /// The calls that were looked at: those of one key, where the history is partitioned.
  package var calls: [Int]
  /// The longest order of calls that the model explains.
  package var explained: [Int]
  /// The model's state after these, as Swift source.
  package var state: String
  /// What might have come next, and why it cannot have.
  package var misfits: [Misfit]
}

extension ConsistencyViolation {
  /// The history and what is wrong with it, in words that need neither type.
  ///
  /// - Parameter history: The history that was checked.
  func judged<Operation, Response>(_ history: History<Operation, Response>) -> JudgedHistory {
    let places = Dictionary(uniqueKeysWithValues: zip(calls, calls.indices))
    return JudgedHistory(
      calls: calls.map { index in
        let call = history.calls[index]
        return JudgedHistory.Call(
          lane: call.lane, operation: SwiftLiteral.describe(call.operation),
          response: call.response.map { SwiftLiteral.describe($0) }, invoked: call.invoked,
          returned: call.returned)
      },
      explained: explained.compactMap { places[$0] }, state: state,
      misfits: misfits.compactMap { misfit in
        places[misfit.call].map { Misfit(call: $0, allowed: misfit.allowed) }
      })
  }

  /// The history, the longest order that the model explains, and what it would have allowed next.
  ///
  /// - Parameter history: The history that was checked.
  package func report<Operation, Response>(of history: History<Operation, Response>) -> String {
    var lines = ["No order of these calls explains their responses:"]
    lines += history.lines(of: calls).map { "  " + $0 }
    if explained.isEmpty {
      lines.append("The model explains none of them as the first.")
    } else {
      lines.append("The longest order that the model explains:")
      for (place, call) in explained.enumerated() {
        lines.append(
          "  \(place + 1). \(history.text(of: call))  (lane \(history.calls[call].lane))")
      }
    }
    lines.append("Then the model is in the state \(state), and next could come:")
    for misfit in misfits {
      let allowed =
        misfit.allowed.isEmpty
        ? "the model allows none of the responses in this history"
        : "the model allows \(misfit.allowed.joined(separator: ", "))"
      let lane = history.calls[misfit.call].lane
      lines.append("  \(history.text(of: misfit.call))  (lane \(lane)): \(allowed)")
    }
    return lines.joined(separator: "\n")
  }
}
