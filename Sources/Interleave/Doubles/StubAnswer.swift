/// What a stub does with a call.
///
/// Made by its static members: `.returns(5)`, `.throws(Offline())`,
/// `.inTurn(.throws(Offline()), .returns(5))`, `.computes { id in … }`, `.never`,
/// `.whenReleased(.returns(5))`.
public struct StubAnswer<each Input: Sendable, Output: Sendable, Failure: Error>: Sendable {
  /// Computes the result of a call from its arguments.
  typealias Body = @Sendable (repeat each Input) async throws(Failure) -> Output

  let kind: AnswerKind
  var result: Result<Output, Failure>?
  var body: Body?
  /// The answers of the calls in turn, or the one that follows on a release.
  var parts: [StubAnswer] = []

  private init(_ kind: AnswerKind) {
    self.kind = kind
  }

  /// Returns a value.
  public static func returns(_ value: Output) -> StubAnswer {
    var answer = StubAnswer(.settled)
    answer.result = .success(value)
    return answer
  }

  /// Throws an error.
  public static func `throws`(_ error: Failure) -> StubAnswer {
    var answer = StubAnswer(.settled)
    answer.result = .failure(error)
    return answer
  }

  /// Calls a closure with the arguments, and returns or throws what it does.
  ///
  /// - Parameter sideEffect: What happens in the call; it may suspend, and pass checkpoints.
  public static func computes(
    _ sideEffect: @escaping @Sendable (repeat each Input) async throws(Failure) -> Output
  ) -> StubAnswer {
    var answer = StubAnswer(.computed)
    answer.body = sideEffect
    return answer
  }

  /// Answers the first call with the first answer, the second with the second, and so on.
  ///
  /// A call after the last is recorded as an issue, and gets the last answer once more.
  ///
  /// - Parameters:
  ///   - first: The answer to the first call.
  ///   - others: The answers to the calls after it.
  public static func inTurn(_ first: StubAnswer, _ others: StubAnswer...) -> StubAnswer {
    var answer = StubAnswer(.inTurn)
    answer.parts = [first] + others
    return answer
  }

  /// Returns one value after the other, one for each call.
  ///
  /// A call after the last is recorded as an issue, and gets the last value once more.
  ///
  /// - Parameters:
  ///   - first: What the first call returns.
  ///   - others: What the calls after it return.
  public static func returns(
    inTurn first: Output, _ others: Output...
  ) -> StubAnswer {
    var answer = StubAnswer(.inTurn)
    answer.parts = ([first] + others).map { .returns($0) }
    return answer
  }

  /// Does not return.
  ///
  /// The call of a task that is cancelled throws `CancellationError`, if the stub may throw that.
  public static var never: StubAnswer { StubAnswer(.never) }

  /// Answers only after the call was released.
  ///
  /// Each ``TypedStub/release(_:)`` releases one call; ``TypedStub/releaseAll()`` all of them. The
  /// call of a task that is cancelled meanwhile throws `CancellationError`, if the stub may throw
  /// that.
  ///
  /// - Parameter answer: What comes then.
  public static func whenReleased(_ answer: StubAnswer) -> StubAnswer {
    var gated = StubAnswer(.released)
    gated.parts = [answer]
    return gated
  }
}

/// The kinds of answers of a stub.
enum AnswerKind: Sendable {
  case settled
  case computed
  case never
  case released
  case inTurn
}
