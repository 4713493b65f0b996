// Fixtures: what a test needs, set up and torn down around each run.

/// What a test needs, and how it comes and goes.
///
/// ```swift
/// struct ServerFixture: Fixture {
///   func setUp() async throws -> Server { try await Server.start(port: 0) }
///   func tearDown(_ server: Server) async throws { try await server.stop() }
/// }
///
/// @Test func replies() async throws {
///   try await fuzz(with: ServerFixture()) { server in
///     async let first = server.get("/a")
///     async let second = server.get("/b")
///     #expect(try await first.isOK && second.isOK)
///   }
/// }
///
/// @Test(.fuzzed, .fixture(ServerFixture())) func alsoReplies() async throws {
///   let server = try ServerFixture.resource
///   …
/// }
/// ```
///
/// In a fuzzed test both are done in each run, under its schedule, so that their own races are
/// found, and what they leave behind is a leak.
public protocol Fixture<Resource>: Sendable {
  /// What the test is given.
  associatedtype Resource: Sendable

  /// Makes what the test needs.
  ///
  /// - Throws: Whatever keeps it from doing so; then there is nothing to tear down.
  func setUp() async throws -> Resource

  /// Does away with what was set up.
  ///
  /// It is called after the body has returned, thrown, failed an expectation or been cancelled, in a
  /// task of its own, which is not cancelled.
  func tearDown(_ resource: Resource) async throws
}

/// A fixture of two closures.
///
/// ```swift
/// let server = ClosureFixture {
///   try await Server.start(port: 0)
/// } tearDown: {
///   try await $0.stop()
/// }
/// ```
public struct ClosureFixture<Resource: Sendable>: Fixture {
  private let start: @Sendable () async throws -> Resource
  private let end: @Sendable (Resource) async throws -> Void

  /// Makes a fixture.
  ///
  /// - Parameters:
  ///   - setUp: Makes what the test needs.
  ///   - tearDown: Does away with it.
  public init(
    setUp: @escaping @Sendable () async throws -> Resource,
    tearDown: @escaping @Sendable (Resource) async throws -> Void
  ) {
    start = setUp
    end = tearDown
  }

  public func setUp() async throws -> Resource { try await start() }
  public func tearDown(_ resource: Resource) async throws { try await end(resource) }
}

/// The set-up or tear-down of a fixture failed, or its resource is not there.
public struct FixtureError: Error, Sendable, CustomStringConvertible {
  /// What happened.
  public let description: String
  /// What the set-up or tear-down threw; nil if neither did.
  public let underlying: (any Error)?
  /// What the body had thrown before the tear-down; nil if it had not.
  public let bodyError: (any Error)?

  private init(description: String, underlying: (any Error)?, bodyError: (any Error)?) {
    self.description = description.ascii
    self.underlying = underlying
    self.bodyError = bodyError
  }

  /// The set-up threw.
  static func setUp(of fixture: any Fixture, _ error: any Error) -> FixtureError {
    FixtureError(
      description: "the set-up of `\(type(of: fixture))` threw \(error)", underlying: error,
      bodyError: nil)
  }

  /// The tear-down threw, after what the body had thrown, if it had.
  static func tearDown(
    of fixture: any Fixture, _ error: any Error, after bodyError: (any Error)?
  ) -> FixtureError {
    let before = bodyError.map { "the body threw \($0), and then " } ?? ""
    return FixtureError(
      description: "\(before)the tear-down of `\(type(of: fixture))` threw \(error)",
      underlying: error, bodyError: bodyError)
  }

  /// There is no resource where one was asked for.
  static func missing(_ type: Any.Type) -> FixtureError {
    FixtureError(
      description:
        "`\(type)` is not set up here: give the test the trait `.fixture(\(type)(...))`, "
        + "and read `\(type).resource` in the test's own task or one that inherits task-locals",
      underlying: nil, bodyError: nil)
  }

  /// What test frameworks and tasks throw to end a test early must reach whoever waits for it.
  static func mustBePassedOn(_ error: any Error) -> Bool {
    let type = String(reflecting: type(of: error))
    return error is CancellationError || type.hasPrefix("Testing.") || type.hasSuffix("XCTSkip")
  }
}
