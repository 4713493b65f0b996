/// A program without a race, as one would write it: no run of it may fail, or be warned of.
struct SoundProgram: Sendable, CustomStringConvertible {
  let name: String
  /// Something in it runs on threads of its own, which runs say.
  let escapes: Bool
  let body: @Sendable () async throws -> Void

  init(_ name: String, escapes: Bool = false, _ body: @escaping @Sendable () async throws -> Void) {
    self.name = name
    self.escapes = escapes
    self.body = body
  }

  var description: String { name }

  static let all =
    locks + atomics + streams + groups + cancellation + time + continuations + actors + bridges
}

/// Thrown by ``expect(_:line:)``.
struct Unexpected: Error, CustomStringConvertible {
  let description: String
}

/// Throws unless something holds.
func expect(_ holds: Bool, file: String = #fileID, line: Int = #line) throws {
  if !holds { throw Unexpected(description: "\(file):\(line) does not hold") }
}

/// Counts calls.
actor Tally {
  private(set) var value = 0
  private(set) var entries: [String] = []

  @discardableResult func add() -> Int {
    value += 1
    return value
  }

  func note(_ entry: String) { entries.append(entry) }
}
