import CInterleave

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// A process that was forked from this one, and what it has sent.
package final class RunningChild {
  /// The child's way to its parent.
  package struct Parent {
    /// A file to which the child must write an `h` every few seconds as long as it lives; none
    /// gets into a message that is being sent.
    package let heartbeat: Int32

    /// Sends a message.
    ///
    /// - Returns: The parent is still there.
    @discardableResult
    package func send(_ message: [UInt8]) -> Bool {
      let bytes = Inbox.framed(message)
      return il_send_message(heartbeat, bytes, bytes.count)
    }
  }

  /// How a child came to its end.
  package enum End {
    case ordinary
    /// It found a lock taken by a thread of its parent, which nobody gives back to it.
    case lockedOut
    /// Neither its parent nor itself has ended it.
    case killed
  }

  /// How long a child may give no sign of life, in milliseconds of this process's own time.
  private static let patience = 20_000

  private let id: Int32
  private let file: Int32
  private var inbox = Inbox()
  private var silence = 0
  private var isOver = false
  private var hasFallenSilent = false
  /// Nothing more will come of it: it has ended, or fell silent.
  package var hasEnded: Bool { isOver || hasFallenSilent }

  /// Forks.
  ///
  /// - Parameters:
  ///   - isQuiet: Nothing that the child prints is shown.
  ///   - holding: Does something while nobody else in this process can, so that no lock that
  ///     the child needs is taken; it must call what it is passed.
  ///   - body: What the child does before it ends.
  /// - Returns: Nil where the system allows for no other process.
  package init?(
    isQuiet: Bool, holding: (() -> Void) -> Void = { $0() }, _ body: (Parent) -> Void
  ) {
    // The program's code is looked through once, and not by each child anew.
    _ = Interruptions.obstacleAtAtomics
    var ends: [Int32] = [-1, -1]
    var child: Int32 = -1
    // Who runs a schedule may wait for what is held meanwhile, so the turn comes first. It
    // also keeps the file to which the child writes from other children.
    _ = il_turn_take()
    guard pipe(&ends) == 0 else {
      il_turn_give()
      return nil
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    holding { Takeover.namesLock.withLock { child = il_fork(isQuiet) } }
    if child == 0 {
      close(ends[0])
      il_own_file(ends[1])
      body(Parent(heartbeat: ends[1]))
      il_leave_process(0)
    }
    close(ends[1])
    il_turn_give()
    guard child > 0 else {
      close(ends[0])
      return nil
    }
    id = child
    file = ends[0]
    il_own_file(file)
  }

  /// Waits until one of some children has sent something, and takes what is there.
  ///
  /// - Parameter milliseconds: How long to wait at most.
  package static func wait(for children: [RunningChild], milliseconds: Int) {
    let children = children.filter { !$0.hasEnded }
    var files = children.map { pollfd(fd: $0.file, events: Int16(POLLIN), revents: 0) }
    let ready = poll(&files, nfds_t(files.count), Int32(milliseconds))
    il_guard_note_progress()
    for (child, file) in zip(children, files) {
      if file.revents != 0, ready > 0 {
        child.receive()
      } else if ready == 0 {
        child.silence += milliseconds
        child.hasFallenSilent = child.silence >= patience
      }
    }
  }

  private func receive() {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(file, &buffer, buffer.count)
    if count < 0, errno == EINTR { return }
    guard count > 0 else { return isOver = true }
    silence = 0
    inbox.add(buffer[..<count])
  }

  /// Takes the next message that has come whole.
  package func takeMessage() -> [UInt8]? { inbox.take() }

  /// Waits for the process to end, and forgets it.
  ///
  /// - Parameter isKilled: It is not left to come to its end by itself.
  @discardableResult
  package func end(isKilled: Bool) -> End {
    isOver = true
    let isKilled = isKilled || hasFallenSilent
    if isKilled { kill(id, SIGKILL) }
    il_disown_file(file)
    close(file)
    var status: Int32 = 0
    while waitpid(id, &status, 0) < 0, errno == EINTR {}
    guard status & 0x7F == 0 else { return isKilled ? .ordinary : .killed }
    return status >> 8 & 0xFF == IL_LOCK_IS_GONE ? .lockedOut : .ordinary
  }
}

/// Messages that come in pieces: any number of `h`, an `R`, the number of bytes, the bytes.
struct Inbox {
  private var bytes: [UInt8] = []

  /// A message as it is sent.
  static func framed(_ message: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = [UInt8(ascii: "R")]
    withUnsafeBytes(of: message.count) { bytes.append(contentsOf: $0) }
    return bytes + message
  }

  mutating func add(_ piece: some Sequence<UInt8>) {
    bytes.append(contentsOf: piece)
  }

  /// Takes the first message, once all of it is here.
  mutating func take() -> [UInt8]? {
    let begin = bytes.firstIndex { $0 != UInt8(ascii: "h") } ?? bytes.count
    let start = begin + 1 + MemoryLayout<Int>.size
    guard bytes.count >= start else { return nil }
    let count = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: begin + 1, as: Int.self) }
    guard bytes.count >= start + count else { return nil }
    defer { bytes.removeFirst(start + count) }
    return Array(bytes[start..<start + count])
  }
}
