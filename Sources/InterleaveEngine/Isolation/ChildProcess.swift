import CInterleave

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// Runs code in a forked copy of this process.
///
/// The copy has one thread, which goes on with what this one was doing, and the memory as
/// it is now. It can start threads of its own; those of its parent, such as libdispatch's,
/// are not there.
package enum ChildProcess {
  /// How long a child may give no sign of life, in seconds of this process's own time.
  private static let patience = 20
  /// How many children may find a lock taken by a thread that they do not have.
  private static let mostLockedOut = 50

  /// Runs a body in a child.
  ///
  /// - Parameters:
  ///   - isQuiet: Nothing that the child prints is shown.
  ///   - holding: Does something while nobody else in this process can, so that no lock that
  ///     the child needs is taken; it must call what it is passed.
  ///   - body: What the child does; its heartbeat is a file to which it must write an `h`
  ///     every few seconds as long as it lives.
  /// - Returns: What the body returned; nil where the child died or fell silent.
  package static func run(
    isQuiet: Bool, holding: (() -> Void) -> Void = { $0() },
    _ body: (_ heartbeat: Int32) -> [UInt8]
  ) -> [UInt8]? {
    for _ in 0..<mostLockedOut {
      let (result, isLockedOut) = runOnce(isQuiet: isQuiet, holding: holding, body)
      if !isLockedOut { return result }
    }
    return nil
  }

  private static func runOnce(
    isQuiet: Bool, holding: (() -> Void) -> Void, _ body: (_ heartbeat: Int32) -> [UInt8]
  ) -> (result: [UInt8]?, isLockedOut: Bool) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return (nil, false) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var child: Int32 = -1
    // Who runs a schedule may wait for what is held meanwhile, so the turn comes first.
    il_turn_take()
    holding { Takeover.namesLock.withLock { child = il_fork(isQuiet) } }
    if child != 0 { il_turn_give() }
    if child == 0 {
      close(ends[0])
      let result = body(ends[1])
      send(result, to: ends[1])
      il_leave_process(0)
    }
    close(ends[1])
    defer { close(ends[0]) }
    guard child > 0 else { return (nil, false) }
    let result = receive(from: ends[0])
    if result == nil { kill(child, SIGKILL) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    let isLockedOut = status & 0x7F == 0 && status >> 8 & 0xFF == IL_LOCK_IS_GONE
    return (result, result == nil && isLockedOut)
  }

  // A message: any number of `h`, an `R`, the number of bytes, the bytes.

  private static func send(_ result: [UInt8], to file: Int32) {
    var count = result.count
    var message: [UInt8] = [UInt8(ascii: "R")]
    withUnsafeBytes(of: &count) { message.append(contentsOf: $0) }
    message += result
    var sent = 0
    while sent < message.count {
      let count = message.withUnsafeBytes { bytes in
        write(file, bytes.baseAddress.map { $0 + sent }, message.count - sent)
      }
      guard count > 0 || errno == EINTR else { return }
      sent += max(count, 0)
    }
  }

  private static func receive(from file: Int32) -> [UInt8]? {
    var message = Message()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var silence = 0
    while silence < patience {
      var waiting = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
      let ready = poll(&waiting, 1, 1000)
      if ready == 0 { silence += 1 }
      guard ready > 0 else { continue }
      let count = read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      silence = 0
      message.add(buffer[..<count])
      if let result = message.result { return result }
    }
    return nil
  }

  /// A message that comes in pieces.
  struct Message {
    private var bytes: [UInt8] = []

    mutating func add(_ piece: some Sequence<UInt8>) {
      for byte in piece where !bytes.isEmpty || byte != UInt8(ascii: "h") { bytes.append(byte) }
    }

    /// What was sent, once all of it is here.
    var result: [UInt8]? {
      let start = 1 + MemoryLayout<Int>.size
      guard bytes.count >= start else { return nil }
      let count = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 1, as: Int.self) }
      return bytes.count >= start + count ? Array(bytes[start..<start + count]) : nil
    }
  }
}
