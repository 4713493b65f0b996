/// Compares histories with the model of a spec, whatever the model's type.
struct HistoryJudge<Operation: Sendable, Response: Sendable>: Sendable {
  /// Why no order of a history's calls agrees with the model, in words and for a picture; nil where
  /// one does.
  var violation: @Sendable (History<Operation, Response>) throws -> (String, JudgedHistory)?
  /// The model at the start of a program.
  var makeView: @Sendable () -> ModelView<Operation, Response>
}

/// What a lane knows of the model.
struct ModelView<Operation: Sendable, Response: Sendable>: Sendable {
  /// The precondition holds.
  var accepts: @Sendable (Operation) -> Bool
  /// The view after an operation of the lane.
  var after: @Sendable (Operation, Response) -> ModelView
}

extension HistoryJudge {
  /// The judge that a spec asks for; nil where it has no model.
  static func of<Spec: ConcurrencySpec>(_ spec: Spec) -> Self?
  where Spec.Operation == Operation, Spec.Response == Response {
    // Asked of the value, so that a conformance in another module counts as well.
    if let spec = spec as? any LinearizableSpec { return make(spec, respectsTime: true) }
    if let spec = spec as? any SequentiallyConsistentSpec {
      return make(spec, respectsTime: false)
    }
    return nil
  }

  private static func make<Spec: ModelledSpec>(_ spec: Spec, respectsTime: Bool) -> Self {
    HistoryJudge(
      violation: { history in
        try spec.violation(of: same(history), respectsTime: respectsTime)
      },
      makeView: { view(spec, spec.makeModel()) })
  }

  private static func view<Spec: ModelledSpec>(
    _ spec: Spec, _ model: Spec.Model
  ) -> ModelView<Operation, Response> {
    ModelView(
      accepts: { spec.precondition(same($0), given: model) },
      after: { operation, response in
        let operation: Spec.Operation = same(operation)
        let next =
          spec.next(model, operation, same(response))
          ?? spec.outcomes(of: operation, in: model)?.first
        return view(spec, next ?? model)
      })
  }

  /// A value as the type that it has, which only the compiler does not know.
  private static func same<From, To>(_ value: From) -> To {
    guard let value = value as? To else {
      preconditionFailure("\(From.self) and \(To.self) are of the same spec, and must be the same")
    }
    return value
  }
}

extension ModelledSpec {
  /// Why no order of a history's calls agrees with the model; nil where one does, or where it
  /// cannot be told.
  ///
  /// - Throws: ``SpecError/noModel(spec:)``, ``SpecError/modelThrew(spec:operation:error:)``.
  fileprivate func violation(
    of history: History<Operation, Response>, respectsTime: Bool
  ) throws -> (String, JudgedHistory)? {
    guard let first = history.calls.first else { return nil }
    let initial = makeModel()
    var hasAnswers = true
    var mistake: SpecError?
    if history.calls.contains(where: { $0.response == nil }),
      outcomes(of: first.operation, in: initial) == nil
    {
      return nil
    }
    do {
      var model = initial
      _ = try apply(first.operation, to: &model)
    } catch {
      hasAnswers = false
      mistake = Self.mistake(first.operation, error)
    }
    var model = SequentialModel<Model, Operation, Response>(
      initial: initial, next: { next($0, $1, $2) },
      pending: { outcomes(of: $1, in: $0) ?? [] })
    if hasAnswers {
      model.answer = { state, operation in
        var state = state
        do {
          return try apply(operation, to: &state)
        } catch {
          mistake = mistake ?? Self.mistake(operation, error)
          return nil
        }
      }
    }
    let verdict: ConsistencyVerdict
    if !respectsTime {
      verdict = model.checkSequentialConsistency(of: history)
    } else if key(of: first.operation) != nil {
      verdict = model.checkLinearizability(of: history, partitionedBy: { key(of: $0) })
    } else {
      verdict = model.checkLinearizability(of: history)
    }
    switch verdict {
    case .consistent, .undecided: return nil
    case .inconsistent(let violation):
      // A model that throws has no answer to compare with, whatever the subject did.
      if let mistake, hasAnswers || !hasOwnNext(history) { throw mistake }
      return (violation.report(of: history), violation.judged(history))
    }
  }

  /// What is wrong with a spec whose ``apply(_:to:)`` throws.
  private static func mistake(_ operation: Operation, _ error: any Error) -> SpecError {
    if case SpecError.noModel = error { return .noModel(spec: "\(Self.self)") }
    return .modelThrew(
      spec: "\(Self.self)", operation: SwiftLiteral.describe(operation), error: "\(error)")
  }

  /// Whether ``next(_:_:_:)`` is implemented, as far as a history shows.
  private func hasOwnNext(_ history: History<Operation, Response>) -> Bool {
    history.calls.contains { call in
      call.response.map { next(makeModel(), call.operation, $0) != nil } ?? false
    }
  }
}
