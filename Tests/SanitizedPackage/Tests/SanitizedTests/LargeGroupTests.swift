import Interleave
import Testing

/// Of the children of a large group, those that have ended are moved to the front of the runtime's own
/// list: to the thread sanitizer nobody has done anything.
@Suite(.enabled(if: Sanitizer.current == .thread)) struct LargeGroupTests {
  @Test func eachChildIsTakenOnce() async throws {
    let failure = await FuzzedTests.run(schedules: 2) {
      let owner = Owner()
      let taken = await withTaskGroup(of: Int.self) { group in
        for number in 0..<600 {
          group.addTask {
            await owner.bump()
            return number
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      guard taken.sorted() == Array(0..<600), await owner.count == 600 else { throw Missing() }
    }
    #expect(failure == nil, "\(failure.map(\.description) ?? "")")
  }

  /// The end of a child comes before what its group does next, and before no other child.
  @Test func childrenRaceWithEachOtherAndNotWithTheirGroup() async throws {
    let failure = await FuzzedTests.run(schedules: 2, shrinks: false) {
      await bumpInChildren(Counter().bump)
    }
    #expect(try #require(failure).kind == .dataRace, "\(failure.map(\.description) ?? "")")
    let mended = await FuzzedTests.run(schedules: 2) {
      await bumpInChildren(LockedCounter().bump)
    }
    #expect(mended == nil, "\(mended.map(\.description) ?? "")")
  }
}

private struct Missing: Error {}

private func bumpInChildren(_ bump: @escaping @Sendable () -> Void) async {
  let own = Counter()
  await withTaskGroup(of: Void.self) { group in
    for _ in 0..<300 { group.addTask { bump() } }
    for await _ in group { own.bump() }
  }
}
