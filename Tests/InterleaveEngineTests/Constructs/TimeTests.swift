import Foundation
import InterleaveEngine
import Testing

@Suite struct TimeTests {
  @Test func anHourPassesAtOnce() async throws {
    let values = try await forEverySeed(5) {
      let continuous = ContinuousClock()
      let suspending = SuspendingClock()
      let (c, s, d) = (continuous.now, suspending.now, Date())
      try await Task.sleep(for: .seconds(3600))
      try await Task.sleep(nanoseconds: 1_000_000_000)
      try await Task.sleep(until: continuous.now + .seconds(1), clock: .continuous)
      try await suspending.sleep(until: suspending.now + .seconds(1))
      try await Task.sleep(for: .seconds(10), tolerance: .seconds(1))
      try await Task.sleep(for: .seconds(10), tolerance: .seconds(1), clock: .suspending)
      return [
        (continuous.now - c).components.seconds, (suspending.now - s).components.seconds,
        Int64(Date().timeIntervalSince(d).rounded()),
      ]
    }
    #expect(Set(values) == [[3623, 3623, 3623]])
  }

  @Test func timeBeginsAnewWithEachRun() async throws {
    let values = try await forEverySeed(5) {
      try await Task.sleep(for: .milliseconds(5))
      let now = Date().timeIntervalSince1970
      return "\(Int64((now * 1_000).rounded())) ms, \(now) \(clock())"
    }
    #expect(Set(values).count == 1)
    #expect(values.first?.hasPrefix("\(try calendarOrigin() * 1_000 + 5) ms, ") == true)
  }

  @Test func sleepersWakeInTheOrderOfTheirDeadlines() async throws {
    let values = try await forEverySeed {
      await withTaskGroup(of: Int.self) { group in
        for n in [3, 1, 2] {
          group.addTask {
            try? await Task.sleep(for: .seconds(n))
            return n
          }
        }
        var order: [Int] = []
        for await n in group { order.append(n) }
        return order
      }
    }
    #expect(Set(values) == [[1, 2, 3]])
  }

  @Test func aSleepOnAnActorComesBackToIt() async throws {
    try await forEverySeed { await Sleeper().sleep() }
    try await forEverySeed {
      await Task { @MainActor in
        try? await Task.sleep(for: .seconds(1))
        MainActor.preconditionIsolated()
        try? await Task.sleep(for: .seconds(1), tolerance: .seconds(1))
        MainActor.preconditionIsolated()
        return 1
      }.value
    }
  }

  @Test func timeOutsideTheRunIsUntouched() async throws {
    let before = Date()
    _ = try await controlled { try await Task.sleep(for: .seconds(1_000_000)) }
    #expect(Date().timeIntervalSince(before) < 3600)
  }

  private func clock() -> String { "\(ProcessInfo.processInfo.systemUptime)" }
}

private actor Sleeper {
  func sleep() async -> Int {
    try? await Task.sleep(for: .seconds(1))
    preconditionIsolated()
    try? await Task.sleep(for: .seconds(1), tolerance: .seconds(1))
    preconditionIsolated()
    try? await Task.sleep(until: .now + .seconds(1), tolerance: .seconds(1), clock: .suspending)
    preconditionIsolated()
    return 1
  }
}
