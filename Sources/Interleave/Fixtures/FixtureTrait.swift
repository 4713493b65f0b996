public import Testing

/// Sets a fixture up for a test, or for each test of a suite, and tears it down.
///
/// A fuzzed test has it set up and torn down in each run, wherever the trait stands beside
/// `.fuzzed`; a parameterised one for each case. Several are set up in the order in which they are
/// listed, those of suites first, and torn down in the opposite one. The test reads what was set
/// up from the fixture's type.
///
/// ```swift
/// @Test(.fuzzed, .fixture(ServerFixture())) func replies() async throws {
///   let server = try ServerFixture.resource
///   …
/// }
/// ```
public struct FixtureTrait<Needed: Fixture>: TestTrait, SuiteTrait, TestScoping {
  let fixture: Needed

  public var isRecursive: Bool { true }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // Traits that make runs have the fixture set up inside of them.
    let isInRuns = test.traits.contains { $0 is FuzzTrait || $0 is ControlledTrait }
    guard testCase != nil, !isInRuns else { return try await function() }
    try await withResource(function)
  }
}

extension Trait {
  /// Sets a fixture up for the test, and tears it down.
  ///
  /// - Parameter fixture: What the test needs.
  public static func fixture<Needed: Fixture>(_ fixture: Needed) -> Self
  where Self == FixtureTrait<Needed> {
    FixtureTrait(fixture: fixture)
  }
}

extension Fixture {
  /// What the trait `.fixture` has set up for the running test.
  ///
  /// - Throws: ``FixtureError`` where it has not, or in a detached task.
  public static var resource: Resource {
    get throws(FixtureError) {
      guard let resource = FixtureResources.current[ObjectIdentifier(Self.self)] as? Resource else {
        throw FixtureError.missing(Self.self)
      }
      return resource
    }
  }
}

/// What was set up for the running test, by the types of the fixtures.
enum FixtureResources {
  @TaskLocal static var current: [ObjectIdentifier: any Sendable] = [:]
}

/// A trait that sets something up around a test.
private protocol FixtureProviding: Sendable {
  func withResource(_ body: @Sendable () async throws -> Void) async throws
}

extension FixtureTrait: FixtureProviding {
  fileprivate func withResource(_ body: @Sendable () async throws -> Void) async throws {
    try await withFixture(fixture) { resource in
      var resources = FixtureResources.current
      resources[ObjectIdentifier(Needed.self)] = resource
      try await FixtureResources.$current.withValue(resources, operation: body)
    }
  }
}

/// A test's body with the fixtures of its traits around it, the first one outermost.
func withFixtures(
  of test: Test, around body: @escaping @Sendable () async throws -> Void
) -> @Sendable () async throws -> Void {
  let traits = test.traits.reversed().compactMap { $0 as? any FixtureProviding }
  return traits.reduce(body) { inner, trait in { try await trait.withResource(inner) } }
}
