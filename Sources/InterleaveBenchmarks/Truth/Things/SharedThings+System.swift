import Foundation

extension SharedThings {
  static let system: [any SharedThing.Type] = [
    Nothing.self, Environment.self, Clock.self, Sleeps.self, Draws.self, LibraryDraws.self,
    SharedFile.self, SharedPipe.self, Offset.self,
  ]
}

/// Nothing is shared but the actors.
private final class Nothing: SharedThing {
  static let name = "actors alone"
  static let operations = ["rest"]

  init(place: Int) {}

  func use(_ operation: Int, by user: Participant) -> String { "" }
}

private final class Environment: SharedThing {
  static let name = "setenv"
  static let operations = ["set", "get", "unset"]
  private static let key = "TRUTH_VALUE"

  init(place: Int) { unsetenv(Self.key) }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0: setenv(Self.key, user.name, 1)
    case 1: return getenv(Self.key).map { String(cString: $0) } ?? "unset"
    default: unsetenv(Self.key)
    }
    return ""
  }
}

/// Sleeps that block, against looks at a clock: outside of control, time goes on by itself.
private final class Clock: SharedThing {
  static let name = "clock and usleep"
  static let operations = ["usleep", "now", "sleepThread", "date"]
  static let slowness = 20
  static let isComparable = false
  private let start = ContinuousClock.now
  private let date = Date()

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0: usleep(10)
    case 1: return "\((ContinuousClock.now - start) / .microseconds(10))"
    case 2: Thread.sleep(forTimeInterval: 0.00001)
    default: return "\(Int(Date().timeIntervalSince(date) * 100_000))"
    }
    return ""
  }
}

private final class Sleeps: SharedThing {
  static let name = "Task.sleep"
  static let operations = ["rest"]
  static let waits = ["sleep1", "sleep3"]
  static let isComparable = false

  init(place: Int) {}

  func use(_ operation: Int, by user: Participant) -> String { "" }

  func wait(
    _ operation: Int, by user: Participant, isolation: isolated (any Actor)?
  ) async -> String {
    do {
      try await Task.sleep(for: .milliseconds(operation == 0 ? 1 : 3))
      return "slept"
    } catch {
      return "woken"
    }
  }
}

/// Numbers that come from the run's seed.
private final class Draws: SharedThing {
  static let name = "random numbers"
  static let operations = ["draw", "shuffle", "uuid"]
  static let isComparable = false

  init(place: Int) {}

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    case 0: "\(Int.random(in: 0..<1_000))"
    case 1: "\([1, 2, 3, 4].shuffled())"
    default: "\(UUID().uuidString.prefix(4))"
    }
  }
}

private final class LibraryDraws: SharedThing {
  static let name = "rand()"
  static let operations = ["draw"]
  static let isComparable = false

  init(place: Int) { srand(1) }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String { "\(rand() % 1_000)" }
}

private final class SharedFile: SharedThing, @unchecked Sendable {
  static let name = "file"
  static let operations = ["append", "read", "remove", "exists"]
  private let path =
    FileManager.default.temporaryDirectory.path
    + "/interleave-truth-\(ProcessInfo.processInfo.processIdentifier)"

  init(place: Int) { unlink(path) }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    switch operation {
    // What Foundation does with a file is one operation to a run, and several natively.
    case 0:
      let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
      guard file >= 0 else { return "none" }
      defer { close(file) }
      return write(file, "x", 1) == 1 ? "" : "unwritten"
    case 1:
      let file = open(path, O_RDONLY)
      guard file >= 0 else { return "none" }
      defer { close(file) }
      var bytes = [UInt8](repeating: 0, count: 64)
      return "\(read(file, &bytes, 64))"
    case 2: return unlink(path) == 0 ? "removed" : "none"
    default: return access(path, F_OK) == 0 ? "there" : "none"
    }
  }

  func end() -> String {
    defer { unlink(path) }
    return FileManager.default.fileExists(atPath: path) ? "there" : "none"
  }
}

private final class SharedPipe: SharedThing, @unchecked Sendable {
  static let name = "pipe"
  static let operations = ["write", "read"]
  private var ends: [Int32] = [-1, -1]

  init(place: Int) {
    pipe(&ends)
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
  }

  deinit { for end in ends { close(end) } }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    var byte = UInt8(truncatingIfNeeded: user.name.utf8.last ?? 0)
    if operation == 0 {
      write(ends[1], &byte, 1)
      return ""
    }
    return read(ends[0], &byte, 1) == 1 ? "\(byte)" : "empty"
  }
}

/// The offset of an open file.
private final class Offset: SharedThing {
  static let name = "lseek"
  static let operations = ["forward", "read"]
  private let file: Int32

  init(place: Int) {
    let path =
      FileManager.default.temporaryDirectory.path
      + "/interleave-offset-\(ProcessInfo.processInfo.processIdentifier)"
    file = open(path, O_RDWR | O_CREAT, 0o600)
    unlink(path)
  }

  deinit { close(file) }

  @inline(never)
  func use(_ operation: Int, by user: Participant) -> String {
    "\(lseek(file, operation == 0 ? 1 : 0, Int32(SEEK_CUR)))"
  }
}
