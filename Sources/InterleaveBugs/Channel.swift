#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// A pipe, or an end of a pair of sockets: what is written by one end is read by the other, byte by
/// byte.
package final class Channel: Sendable {
  /// Functions of the system that wait for something to read.
  package enum Way: CaseIterable, Sendable {
    case read, readv, recv, recvfrom, poll, select
    #if os(Linux)
      case epoll
    #endif
  }

  package let reading: Int32
  package let writing: Int32

  /// Makes a pipe.
  package init() {
    var ends: [Int32] = [-1, -1]
    _ = pipe(&ends)
    (reading, writing) = (ends[0], ends[1])
  }

  private init(end: Int32) { (reading, writing) = (end, end) }

  deinit {
    _ = close(reading)
    if writing != reading { _ = close(writing) }
  }

  /// Makes the two ends of a pair of sockets.
  package static func pair() -> (Channel, Channel) {
    var ends: [Int32] = [-1, -1]
    #if canImport(Glibc)
      let stream = Int32(SOCK_STREAM.rawValue)
    #else
      let stream = SOCK_STREAM
    #endif
    _ = socketpair(AF_UNIX, stream, 0, &ends)
    return (Channel(end: ends[0]), Channel(end: ends[1]))
  }

  // MARK: Bytes

  package func write(_ byte: UInt8) {
    withUnsafeBytes(of: byte) { _ = writeBytes(writing, $0.baseAddress, 1) }
  }

  /// Writes many bytes in one call.
  ///
  /// - Returns: How many were written.
  package func write(count: Int) -> Int {
    [UInt8](repeating: 1, count: count).withUnsafeBytes {
      writeBytes(writing, $0.baseAddress, count)
    }
  }

  /// Reads one byte, or zero where nobody is left to write one.
  package func read() -> UInt8 {
    var byte: UInt8 = 0
    withUnsafeMutableBytes(of: &byte) { _ = readBytes(reading, $0.baseAddress, 1) }
    return byte
  }

  /// Reads as many bytes as there are, at most.
  package func read(most count: Int) -> Int {
    [UInt8](unsafeUninitializedCapacity: count) { bytes, read in
      read = max(0, readBytes(reading, bytes.baseAddress, count))
    }.count
  }

  /// From here on nobody waits who reads.
  package func stopBlocking() {
    _ = fcntl(reading, F_SETFL, fcntl(reading, F_GETFL) | O_NONBLOCK)
  }

  /// Nobody writes to this end any more.
  package func finish() { _ = shutdown(writing, Int32(SHUT_WR)) }

  // MARK: Waiting

  /// Which of some has something to read, once one of them has.
  package static func indexOfReady(_ channels: [Channel], milliseconds: Int32 = -1) -> Int? {
    var files = channels.map { pollfd(fd: $0.reading, events: Int16(POLLIN), revents: 0) }
    _ = poll(&files, nfds_t(files.count), milliseconds)
    return files.firstIndex { $0.revents != 0 }
  }

  /// Reads a byte by a function of the system, from an end of a pair of sockets.
  package func read(by way: Way) -> UInt8 {
    var byte: UInt8 = 0
    withUnsafeMutableBytes(of: &byte) { bytes in
      switch way {
      case .read: _ = readBytes(reading, bytes.baseAddress, 1)
      case .readv:
        var buffer = iovec(iov_base: bytes.baseAddress, iov_len: 1)
        _ = readv(reading, &buffer, 1)
      case .recv: _ = recv(reading, bytes.baseAddress, 1, 0)
      case .recvfrom: _ = recvfrom(reading, bytes.baseAddress, 1, 0, nil, nil)
      case .poll:
        _ = Self.indexOfReady([self])
        readAtOnce(bytes.baseAddress)
      case .select:
        var files = fd_set()
        withUnsafeMutableBytes(of: &files) {
          $0[Int(reading) / 8] |= UInt8(1 << (reading % 8))
        }
        _ = select(reading + 1, &files, nil, nil, nil)
        readAtOnce(bytes.baseAddress)
      #if os(Linux)
        case .epoll:
          awaitByEpoll(reading)
          readAtOnce(bytes.baseAddress)
      #endif
      }
    }
    return byte
  }

  private func readAtOnce(_ byte: UnsafeMutableRawPointer?) {
    _ = recv(reading, byte, 1, Int32(MSG_DONTWAIT))
  }
}

// The methods hide the functions.
private func writeBytes(_ file: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(file, bytes, count)
}

private func readBytes(_ file: Int32, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(file, bytes, count)
}

#if os(Linux)
  /// Swift does not know these functions, whose numbers and records are the same everywhere.
  private func awaitByEpoll(_ file: Int32) {
    typealias Create = @convention(c) (Int32) -> Int32
    typealias Control = @convention(c) (Int32, Int32, Int32, UnsafeMutableRawPointer?) -> Int32
    typealias Wait = @convention(c) (Int32, UnsafeMutableRawPointer?, Int32, Int32) -> Int32
    let set = unsafeBitCast(dlsym(nil, "epoll_create1"), to: Create.self)(0)
    var event: (UInt32, UInt32, UInt32, UInt32) = (1, 0, 0, 0)
    withUnsafeMutableBytes(of: &event) { event in
      _ = unsafeBitCast(dlsym(nil, "epoll_ctl"), to: Control.self)(set, 1, file, event.baseAddress)
      _ = unsafeBitCast(dlsym(nil, "epoll_wait"), to: Wait.self)(set, event.baseAddress, 1, -1)
    }
    _ = close(set)
  }
#endif
