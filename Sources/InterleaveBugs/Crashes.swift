#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

extension StopProgram {
  static let crashes = [
    StopProgram(selling: "fatalError", .crash, "Fatal error: sold what is not there") { shelf in
      if shelf.isEmpty { fatalError("sold what is not there") }
      shelf.removeLast()
    },
    StopProgram(selling: "precondition", .crash, failedPrecondition) { shelf in
      precondition(!shelf.isEmpty, "the shelf must not be empty")
      shelf.removeLast()
    },
    StopProgram(selling: "bounds", .crash, outOfRange) { shelf in
      let item = shelf[0]
      shelf.removeLast(item > 0 ? 1 : 0)
    },
    StopProgram(selling: "overflow", .crash, overflowed) { shelf in
      var left = UInt(shelf.count)
      left -= 1
      shelf.removeLast(shelf.count - Int(left))
    },
    StopProgram(selling: "exclusivity", .crash, "simultaneous accesses") { shelf in
      let till = Till()
      till.add { if shelf.isEmpty { till.count = 0 } }
      if !shelf.isEmpty { shelf.removeLast() }
    },
    resumedTwice,
    StopProgram(selling: "segfault", .crash, "address 8") { shelf in
      if shelf.isEmpty { peek(8) } else { shelf.removeLast() }
    },
    StopProgram(selling: "abort", .crash, "`abort`") { shelf in
      if shelf.isEmpty { abort() }
      shelf.removeLast()
    },
    StopProgram(selling: "stackOverflow", .crash, "the stack overflowed") { shelf in
      if shelf.isEmpty { shelf.append(descend(1)) }
      shelf.removeLast()
    },
    StopProgram(selling: "exit", .crash, "`exit` with status 3") { shelf in
      if shelf.isEmpty { exit(3) }
      shelf.removeLast()
    },
  ]

  #if DEBUG
    private static let failedPrecondition = "Precondition failed: the shelf must not be empty"
    private static let overflowed = "arithmetic overflow"
    private static let outOfRange = "Index out of range"
  #else
    // Without debugging, the compiler leaves out what would be said.
    private static let failedPrecondition = ""
    private static let overflowed = ""
    private static let outOfRange = ""
  #endif

  /// A counter in a class, whose accesses are checked while the program runs.
  private final class Till {
    var count = 1

    @inline(never)
    func add(_ body: () -> Void) {
      modify(&count, body)
    }

    @inline(never)
    private func modify(_ value: inout Int, _ body: () -> Void) {
      value += 1
      body()
    }
  }

  @inline(never)
  private static func peek(_ address: Int) {
    guard let pointer = UnsafePointer<Int>(bitPattern: address) else { return }
    if pointer.pointee == 1 { think() }
  }

  @inline(never)
  private static func descend(_ depth: Int) -> Int {
    think()
    return depth == 0 ? 0 : descend(depth + 1) + depth
  }

  private actor Bell {
    private var isRung = false
    private var waiter: CheckedContinuation<Void, Never>?
    private let log = Work()

    func wait() async {
      if !isRung { await withCheckedContinuation { waiter = $0 } }
    }

    func ring(isMended: Bool) async {
      isRung = true
      guard let waiter else { return }
      if isMended { self.waiter = nil }
      await log.step()
      self.waiter = nil
      waiter.resume()
    }
  }

  /// Two tasks see somebody waiting, and both wake it.
  private static let resumedTwice = StopProgram(
    "resumedTwice", .crash, "tried to resume its continuation more than once"
  ) { isMended in
    let bell = Bell()
    async let waiting: Void = bell.wait()
    async let first: Void = bell.ring(isMended: isMended)
    async let second: Void = bell.ring(isMended: isMended)
    _ = await (waiting, first, second)
  }
}
