import Foundation

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Says how far a campaign has come, to whoever waits for it: on a terminal in one line that lives,
/// elsewhere in a line every half minute.
struct ProgressLine {
  /// Writes to whoever waits.
  typealias Writer = (String) -> Void

  private let name: String
  private let isTerminal: Bool
  private let write: Writer
  private let start: Int64
  private var next: Int64
  private var isShown = false

  /// On a terminal: how long nothing is said, and how often something is after that.
  ///
  /// In nanoseconds.
  private static let patience: Int64 = 2_000_000_000
  private static let frame: Int64 = 250_000_000
  /// Elsewhere.
  private static let interval: Int64 = 30_000_000_000

  /// - Parameters:
  ///   - name: The test.
  ///   - now: Real time, in nanoseconds.
  init(of name: String, now: Int64, isTerminal: Bool, _ write: @escaping Writer) {
    self.name = name
    self.isTerminal = isTerminal
    self.write = write
    start = now
    next = now + (isTerminal ? Self.patience : Self.interval)
  }

  /// A line on standard error.
  static func onStandardError(of name: String, now: Int64) -> ProgressLine {
    ProgressLine(of: name, now: now, isTerminal: isatty(STDERR_FILENO) == 1) {
      FileHandle.standardError.write(Data($0.utf8))
    }
  }

  /// Says something if it is time to.
  ///
  /// - Parameters:
  ///   - now: Real time, in nanoseconds.
  ///   - words: What to say, given for how many seconds it has gone on.
  @inline(__always)
  mutating func tell(at now: Int64, _ words: (_ seconds: Double) -> String) {
    if now >= next { tellNow(now, words) }
  }

  @inline(never)
  private mutating func tellNow(_ now: Int64, _ words: (_ seconds: Double) -> String) {
    let line = "\(name): \(words(Double(now - start) / 1e9))".ascii
    if isTerminal {
      next = now + Self.frame
      // Longer ones would take a second line, which nothing erases.
      write("\r\u{1B}[K\(line.prefix(79))")
      isShown = true
    } else {
      next = now + Self.interval
      write("\(line)\n")
    }
  }

  /// Takes the living line away.
  mutating func end() {
    if isShown { write("\r\u{1B}[K") }
    isShown = false
  }
}
