/// Sets a fixture up, runs a body with it, and tears it down.
///
/// It is torn down when the body has returned or thrown, and when the task was cancelled: the
/// tear-down has a task of its own, which is not. Only a body that never ends keeps it from being
/// called; a fuzzed run reports that.
///
/// In a fuzzed body it is part of the run. In a native test it does the same once.
///
/// - Parameters:
///   - fixture: What the body needs.
///   - body: What to run.
/// - Returns: What the body returned.
/// - Throws: What the body threw; ``FixtureError`` where the set-up or the tear-down threw.
public func withFixture<Needed: Fixture, Value>(
  _ fixture: Needed, isolation: isolated (any Actor)? = #isolation,
  _ body: (Needed.Resource) async throws -> Value
) async throws -> Value {
  let resource: Needed.Resource
  do {
    resource = try await fixture.setUp()
  } catch {
    throw FixtureError.mustBePassedOn(error) ? error : FixtureError.setUp(of: fixture, error)
  }
  let result: Result<Value, any Error>
  do {
    result = .success(try await body(resource))
  } catch {
    result = .failure(error)
  }
  let tearDown = await Task { try await fixture.tearDown(resource) }.result
  LiveRun.current?.isTornDown = true
  if case .failure(let error) = tearDown {
    guard case .failure(let bodyError) = result else {
      throw FixtureError.mustBePassedOn(error)
        ? error : FixtureError.tearDown(of: fixture, error, after: nil)
    }
    throw FixtureError.tearDown(of: fixture, error, after: bodyError)
  }
  return try result.get()
}
