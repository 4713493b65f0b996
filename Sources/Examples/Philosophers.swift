/// A fork that one philosopher at a time can hold; the others wait in line.
public actor Fork {
  private var isTaken = false
  private var line: [CheckedContinuation<Void, Never>] = []

  public init() {}

  /// Returns when the fork is the caller's.
  public func take() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { line.append($0) }
  }

  /// Hands the fork to the first in line, or puts it down.
  public func putDown() {
    guard !line.isEmpty else {
      isTaken = false
      return
    }
    line.removeFirst().resume()
  }
}

/// A table at which all may starve.
///
/// Everybody takes the fork on the left, then the one on the right. If all have
/// taken the left one, each waits for a neighbour, and none will ever eat.
public struct Table: Sendable {
  private let forks: [Fork]

  /// - Parameter seats: How many sit at the table, at least 2.
  public init(seats: Int) {
    forks = (0..<seats).map { _ in Fork() }
  }

  /// Eats once with the two forks beside a seat.
  public func eat(at seat: Int) async {
    let left = forks[seat]
    let right = forks[(seat + 1) % forks.count]
    await left.take()
    await right.take()
    await right.putDown()
    await left.putDown()
  }
}

/// A table at which everybody eats: the forks are numbered, and the lower number
/// is always taken first, so no circle of waiting can close.
public struct MendedTable: Sendable {
  private let forks: [Fork]

  /// - Parameter seats: How many sit at the table, at least 2.
  public init(seats: Int) {
    forks = (0..<seats).map { _ in Fork() }
  }

  /// Eats once with the two forks beside a seat.
  public func eat(at seat: Int) async {
    let neighbour = (seat + 1) % forks.count
    let first = forks[min(seat, neighbour)]
    let second = forks[max(seat, neighbour)]
    await first.take()
    await second.take()
    await second.putDown()
    await first.putDown()
  }
}

/// Everybody at the table eats once.
public enum PhilosophersExample {
  /// - Parameter seats: How many sit at the table, at least 2.
  public static func racy(seats: Int = 2) async throws {
    let table = Table(seats: seats)
    await withTaskGroup(of: Void.self) { group in
      for seat in 0..<seats { group.addTask { await table.eat(at: seat) } }
    }
  }

  /// - Parameter seats: How many sit at the table, at least 2.
  public static func mended(seats: Int = 2) async throws {
    let table = MendedTable(seats: seats)
    await withTaskGroup(of: Void.self) { group in
      for seat in 0..<seats { group.addTask { await table.eat(at: seat) } }
    }
  }
}
