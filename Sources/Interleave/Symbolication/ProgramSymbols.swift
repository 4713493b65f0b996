import Synchronization

/// Finds the frames of addresses in the program's images.
@available(macOS 26.0, *)
struct ProgramSymbols {
  #if os(Linux) && (arch(x86_64) || arch(arm64))
    private var images = ImageTables()
  #endif
  /// Made when it is first needed: it looks into every file that is mapped into memory.
  private var toolchain: ToolchainSymbols?

  private static let turn = Mutex(ProgramSymbols())

  /// Does something with the process's symbols while nobody else does.
  ///
  /// The toolchain finds the images of the process by looking into every file that is mapped
  /// into memory. A file that another thread unmaps just then, as it does when it
  /// has read the symbols in it, would be read where it is no more. So they are
  /// looked for once, and threads take turns.
  static func withTurn<Result, Failure: Error>(
    _ body: (inout ProgramSymbols) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try turn.withLock { symbols throws(Failure) in try body(&symbols) }
  }

  /// The frames of each address, in their order.
  mutating func frames(at addresses: [UInt]) -> [AddressFrames] {
    #if os(Linux) && (arch(x86_64) || arch(arm64))
      let found = images.frames(at: addresses)
    #else
      let found = addresses.map { _ in AddressFrames?.none }
    #endif
    let others = addresses.indices.filter { found[$0] == nil }
    guard !others.isEmpty else { return found.compactMap(\.self) }
    let symbols = toolchain ?? ToolchainSymbols()
    toolchain = symbols
    var rest = symbols.frames(at: others.map { addresses[$0] })[...]
    return found.map { $0 ?? rest.removeFirst() }
  }

  /// Reads the program's own tables, if they have not been read yet.
  mutating func prepare() {
    #if os(Linux) && (arch(x86_64) || arch(arm64))
      images.prepare()
    #endif
  }
}
