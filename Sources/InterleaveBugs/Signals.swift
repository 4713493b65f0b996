import Dispatch

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

// Programs that end their process by what they do to it, or beside their tasks.

extension StopProgram {
  static let signals = [
    StopProgram(selling: "brokenPipe", .crash, "that nobody reads") { shelf in
      if shelf.isEmpty { writeToNobody() } else { shelf.removeLast() }
    },
    StopProgram(selling: "termination", .crash, "sent itself signal 15") { shelf in
      if shelf.isEmpty { kill(getpid(), SIGTERM) } else { shelf.removeLast() }
    },
    StopProgram(selling: "raisedSignal", .crash, "sent itself signal 10") { shelf in
      if shelf.isEmpty { raise(SIGUSR1) } else { shelf.removeLast() }
    },
    StopProgram(selling: "maskedSegfault", .crash, "address 16") { shelf in
      if shelf.isEmpty { peekWithoutSignals(16) } else { shelf.removeLast() }
    },
    StopProgram(selling: "smashedStack", .crash, "memory was accessed") { shelf in
      if shelf.isEmpty { smash() } else { shelf.removeLast() }
    },
    StopProgram(selling: "queue", .crash, "Fatal error: delivered to nobody") { shelf in
      if shelf.isEmpty { deliver() } else { shelf.removeLast() }
    },
    resumedTwiceUnsafely,
  ]

  private static func writeToNobody() {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return }
    close(ends[0])
    var byte: UInt8 = 0
    _ = write(ends[1], &byte, 1)
    close(ends[1])
  }

  @inline(never)
  private static func peekWithoutSignals(_ address: Int) {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, nil)
    guard let pointer = UnsafePointer<Int>(bitPattern: address) else { return }
    if pointer.pointee == 1 { think() }
  }

  /// Overwrites where it, and who called it, returns to.
  @inline(never)
  private static func smash() {
    var words = (0, 0)
    withUnsafeMutableBytes(of: &words) { bytes in
      guard let start = bytes.baseAddress else { return }
      for offset in 0..<64 {
        (start + offset * 8).storeBytes(of: 0x4141_4141_4141_4141, as: Int.self)
      }
    }
    think()
  }

  /// Lets a thread of libdispatch do it, and waits.
  private static func deliver() {
    let isDone = DispatchSemaphore(value: 0)
    DispatchQueue(label: "delivery").async {
      if isOpen { fatalError("delivered to nobody") }
      isDone.signal()
    }
    isDone.wait()
  }

  /// So that the compiler does not know.
  private static var isOpen: Bool { getpid() > 0 }

  private actor Door {
    private var waiter: UnsafeContinuation<Void, Never>?
    private var isOpen = false
    private let log = Work()

    func wait() async {
      if !isOpen { await withUnsafeContinuation { waiter = $0 } }
    }

    func open(isMended: Bool) async {
      isOpen = true
      guard let waiter else { return }
      if isMended { self.waiter = nil }
      await log.step()
      self.waiter = nil
      waiter.resume()
    }
  }

  /// Two tasks see somebody waiting, and both wake it; nothing checks that.
  private static let resumedTwiceUnsafely = StopProgram(
    "resumedTwiceUnsafely", .crash, "was resumed more than once"
  ) { isMended in
    let door = Door()
    async let waiting: Void = door.wait()
    async let first: Void = door.open(isMended: isMended)
    async let second: Void = door.open(isMended: isMended)
    _ = await (waiting, first, second)
  }
}
