import Interleave

/// Users who come and go in one room.
struct MembershipSpec<Subject: Chat>: LinearizableSpec {
  enum User: String, Sendable, CaseIterable { case ann, bob, eve }

  enum Operation: Sendable, Hashable {
    case join(User)
    case leave(User)
    case members
  }

  var operations: Generator<Operation> {
    .frequency(
      (3, .anyCase().map(Operation.join)), (1, .anyCase().map(Operation.leave)),
      (1, .just(.members)))
  }

  func makeSubject() async throws -> Subject { Subject(ChatServices(), rooms: [:]) }

  /// - Returns: Who is in the room, for those who asked.
  func perform(_ operation: Operation, on server: Subject) async throws -> Set<String>? {
    switch operation {
    case .join(let user): await server.join(user.rawValue, "lobby")
    case .leave(let user): await server.leave(user.rawValue, "lobby")
    case .members: return await server.rooms["lobby"]?.members ?? []
    }
    return nil
  }

  func makeModel() -> Set<String> { [] }

  func apply(_ operation: Operation, to members: inout Set<String>) -> Set<String>? {
    switch operation {
    case .join(let user): members.insert(user.rawValue)
    case .leave(let user): members.remove(user.rawValue)
    case .members: return members
    }
    return nil
  }
}
