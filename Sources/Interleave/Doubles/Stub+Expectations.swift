/// What must have happened to a stub.
///
/// Each of these records an issue at the line of its caller if it does not hold, with a list of
/// the calls. So it fails an ordinary test, and a run of a fuzzed one.
extension TypedStub {
  /// Expects that the stub was called at least once.
  public func expectAwaited(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    expect(
      CallSite(fileID, filePath, line, column), "must have been awaited", calls.count >= 1)
  }

  /// Expects that the stub was called a number of times.
  ///
  /// - Parameter count: How many times; at least 0.
  public func expectAwaited(
    times count: Int, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    expect(
      CallSite(fileID, filePath, line, column), "must have been awaited \(times(count))",
      calls.count == count)
  }

  /// Expects that the stub was never called.
  public func expectNeverAwaited(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    expect(
      CallSite(fileID, filePath, line, column), "must never have been awaited", calls.isEmpty)
  }

  /// Expects that the stub was called exactly once.
  public func expectAwaitedOnce(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    expectAwaited(times: 1, fileID: fileID, filePath: filePath, line: line, column: column)
  }

  /// Expects that at most so many calls went on at the same time.
  ///
  /// - Parameter limit: How many; at least 0.
  public func expectOverlap(
    atMost limit: Int, fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    let calls = calls
    let most = calls.map { call in calls.count { $0.isGoingOn(at: call.begin) } }.max() ?? 0
    guard most > limit else { return }
    let message =
      "`\(name)` must have at most \(counted(limit, "call")) at the same time (was \(most))"
    record(message, listing, at: CallSite(fileID, filePath, line, column))
  }

  /// Expects that each call that began has returned or thrown.
  public func expectEachCallEnded(
    fileID: String = #fileID, filePath: String = #filePath, line: Int = #line,
    column: Int = #column
  ) {
    let open = calls.count { $0.result == nil }
    guard open > 0 else { return }
    record(
      "each call of `\(name)` must have ended (\(open) \(open == 1 ? "has" : "have") not)", listing,
      at: CallSite(fileID, filePath, line, column))
  }

  private func expect(_ location: CallSite, _ demand: String, _ holds: Bool) {
    guard !holds else { return }
    record("`\(name)` \(demand) (was awaited \(times(calls.count)))", listing, at: location)
  }
}

extension TypedStub.Call {
  /// The call has begun and not ended when something happens to the stub.
  fileprivate func isGoingOn(at event: Int) -> Bool {
    begin <= event && finish.map { $0 > event } ?? true
  }
}

extension TypedStub where repeat each Input: Equatable {
  /// Expects that some call had these arguments.
  public func expectAwaited(
    with input: repeat each Input, fileID: String = #fileID, filePath: String = #filePath,
    line: Int = #line,
    column: Int = #column
  ) {
    let holds = calls.contains { Self.had($0, repeat each input) }
    expect(
      CallSite(fileID, filePath, line, column),
      "must have been awaited with \(words(repeat each input))", holds)
  }

  /// Expects that the stub was called exactly once, with these arguments.
  public func expectAwaitedOnce(
    with input: repeat each Input, fileID: String = #fileID, filePath: String = #filePath,
    line: Int = #line,
    column: Int = #column
  ) {
    let calls = calls
    let holds = calls.count == 1 && calls.allSatisfy { Self.had($0, repeat each input) }
    expect(
      CallSite(fileID, filePath, line, column),
      "must have been awaited once, with \(words(repeat each input))", holds)
  }

  /// Expects that the calls, by the order in which they began, had these arguments, and no others.
  ///
  /// Several arguments are given as tuples: `(1, "a"), (2, "b")`.
  public func expectAwaited(
    inOrder inputs: (repeat each Input)..., fileID: String = #fileID, filePath: String = #filePath,
    line: Int = #line,
    column: Int = #column
  ) {
    let calls = calls
    let holds =
      calls.count == inputs.count
      && zip(calls, inputs).allSatisfy { Self.had($0, repeat each $1) }
    let list = inputs.map { words(repeat each $0) }.joined(separator: ", ")
    expect(
      CallSite(fileID, filePath, line, column), "must have been awaited in the order \(list)", holds
    )
  }

  private static func had(_ call: Call, _ input: repeat each Input) -> Bool {
    for (mine, other) in repeat (each call.input, each input) {
      guard mine == other else { return false }
    }
    return true
  }

  private func words(_ input: repeat each Input) -> String {
    "(\(SwiftLiteral.describeEach(repeat each input).joined(separator: ", ")))"
  }
}
