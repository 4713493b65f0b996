import Foundation
import InterleaveEngine
import Runtime
import Synchronization

/// Finds the function and the line of addresses in the program's code.
///
/// The toolchain's `Runtime` module reads symbols and lines. It takes addresses
/// only as a backtrace, so ours are written as one, in the compact format in which
/// backtraces are stored. Each address is looked up once in a process: a lookup
/// takes from a millisecond to tens of them, with the size of the program's tables, and
/// many in one batch share the opening of files.
package final class Symbolicator: Sendable {
  /// The one that everybody shares, so that no address is looked up twice.
  package static let shared = Symbolicator()

  private let known = Mutex<[CodeAddress: CodePlace]>([:])
  /// One lookup at a time: lookups map the program's files into memory.
  private let turn = ForkableLock()

  package init() {}

  /// The place of one address.
  package func place(of address: CodeAddress) -> CodePlace {
    places(of: [address])[0]
  }

  /// The places of many addresses, in their order.
  ///
  /// - Parameter addresses: Best all that are of interest at once.
  /// - Returns: One place for each; one without a line, and with an empty name,
  ///   where the binary knows nothing of the address.
  package func places(of addresses: [CodeAddress]) -> [CodePlace] {
    turn.withLock { placesInTurn(addresses) }
  }

  private func placesInTurn(_ addresses: [CodeAddress]) -> [CodePlace] {
    var seen: Set<CodeAddress> = []
    let fresh = known.withLock { known in
      addresses.filter { known[$0] == nil && seen.insert($0).inserted }
    }
    let found = lookUp(fresh)
    return known.withLock { known in
      for (address, place) in zip(fresh, found) { known[address] = place }
      return addresses.map { known[$0] ?? CodePlace(function: "") }
    }
  }

  /// Why the compiler made the program trap at an address, in its own words: `arithmetic
  /// overflow`; nil where it says nothing.
  package func trapReason(at address: CodeAddress) -> String? {
    guard #available(macOS 26.0, *) else { return nil }
    let mark = "Swift runtime failure: "
    let frames = turn.withLock {
      BinarySymbols.withTurn { $0.frames(at: [address.instruction]) }
    }
    return frames.first?.frames.lazy.compactMap { frame in
      [frame.name, frame.symbol].first { $0.hasPrefix(mark) }.map {
        String($0.dropFirst(mark.count))
      }
    }.first
  }

  /// Does something while nobody looks anything up: a process that is forked meanwhile finds
  /// no lock taken.
  package func pause(_ body: () -> Void) {
    turn.withLock { body() }
  }

  /// How far behind a function's start a line is looked for, if the start itself
  /// belongs to no line: code that only takes arguments out of a frame is the
  /// compiler's.
  private static let offsets: [UInt] = [4, 8, 16, 24, 32, 48, 64, 96, 128]

  private func lookUp(_ addresses: [CodeAddress]) -> [CodePlace] {
    guard !addresses.isEmpty, #available(macOS 26.0, *) else {
      return addresses.map { _ in CodePlace(function: "") }
    }
    return BinarySymbols.withTurn { lookUp(addresses, in: $0) }
  }

  @available(macOS 26.0, *)
  private func lookUp(_ addresses: [CodeAddress], in symbols: BinarySymbols) -> [CodePlace] {
    var frames = symbols.frames(at: addresses.map(\.instruction))
    let retried = addresses.indices.filter { index in
      addresses[index].isStart && frames[index].userFrame == nil && frames[index].mayHaveUserFrame
    }
    let further = symbols.frames(
      at: retried.flatMap { index in Self.offsets.map { addresses[index].instruction + $0 } })
    for (count, index) in retried.enumerated() {
      let candidates = further[count * Self.offsets.count..<(count + 1) * Self.offsets.count]
      let inside = candidates.prefix { $0.function == frames[index].function }
      if let better = inside.first(where: { $0.userFrame != nil }) { frames[index] = better }
    }
    return frames.map(\.place)
  }
}

/// What the binary says of one address: functions that were inlined there first,
/// the function whose code it is last.
private struct AddressFrames {
  struct Frame {
    var symbol: String
    var name: String
    var file: String
    var line: Int

    /// It is a function of the standard library.
    ///
    /// Its symbol begins with that module, or with a type that is known by a
    /// letter. Such names are left out: they tell a user nothing, and one that has
    /// no line is not always found.
    var isRuntimes: Bool { symbol.hasPrefix("$ss") || symbol.hasPrefix("$sS") }

    /// It is of a test double or a checkpoint: what matters is who called it.
    var isDoubles: Bool {
      ["Doubles", "Ordering"].contains { file.contains("/Sources/Interleave/\($0)/") }
    }

    var isUsers: Bool { line > 0 && !file.hasSuffix("<compiler-generated>") && !isDoubles }
  }

  var frames: [Frame] = []

  /// The symbol of the function whose code it is.
  var function: String { frames.last?.symbol ?? "" }
  var userFrame: Frame? { frames.first(where: \.isUsers) }

  /// The user's code may begin further on in the function.
  ///
  /// Not in one that only passes arguments on, unless the optimizer has put into it
  /// what it calls. Each address takes as long as reading the program's table of lines.
  var mayHaveUserFrame: Bool {
    guard frames.contains(where: { !$0.file.isEmpty }) else { return false }
    #if DEBUG
      let name = frames.last?.name ?? ""
      return !["partial apply for ", "thunk for ", "protocol witness for "]
        .contains(where: name.hasPrefix)
    #else
      return true
    #endif
  }

  var place: CodePlace {
    guard let frame = userFrame else {
      let last = frames.last.flatMap { $0.isRuntimes || $0.isDoubles ? nil : $0 }
      return CodePlace(function: last.map { FunctionName.readable($0.name) } ?? "")
    }
    return CodePlace(
      function: FunctionName.readable(frame.name),
      place: Interleaving.Place(file: frame.file, line: frame.line))
  }
}

@available(macOS 26.0, *)
private struct BinarySymbols: Sendable {
  private let images = ImageMap.capture()

  private static let turn = Mutex<BinarySymbols?>(nil)

  /// Does something with the process's symbols while nobody else does.
  ///
  /// The images of the process are found by looking into every file that is mapped
  /// into memory. A file that another thread unmaps just then, as it does when it
  /// has read the symbols in it, would be read where it is no more. So they are
  /// looked for once, and threads take turns.
  static func withTurn<Result>(_ body: (BinarySymbols) -> Result) -> Result {
    turn.withLock { known in
      let symbols = known ?? BinarySymbols()
      known = symbols
      return body(symbols)
    }
  }

  /// A backtrace as its `Decodable` conformance reads it.
  private struct Stored: Encodable {
    var architecture: String
    var backtrace: String
  }

  func frames(at addresses: [UInt]) -> [AddressFrames] {
    var result = addresses.map { _ in AddressFrames() }
    guard let symbolicated = symbolicate(addresses) else { return result }
    var index = -1
    var isNew = true
    for frame in symbolicated.frames {
      if isNew { index += 1 }
      isNew = !frame.inlined
      guard result.indices.contains(index), let symbol = frame.symbol else { continue }
      result[index].frames.append(
        AddressFrames.Frame(
          symbol: symbol.rawName, name: symbol.name, file: symbol.sourceLocation?.path ?? "",
          line: symbol.sourceLocation?.line ?? 0))
    }
    return result
  }

  /// Symbolicates addresses as the frames of a backtrace.
  ///
  /// The compact format: a byte for version 0 and words of 64 bits, then for each
  /// frame an instruction (a program counter, absolute, of eight bytes) and the
  /// address, most significant byte first; a zero ends it; all in base 64 without
  /// padding.
  private func symbolicate(_ addresses: [UInt]) -> SymbolicatedBacktrace? {
    guard !addresses.isEmpty else { return nil }
    var bytes: [UInt8] = [0b10]
    for address in addresses {
      bytes.append(0b0001_1111)
      withUnsafeBytes(of: UInt64(address).bigEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.append(0)
    let text = String(Data(bytes).base64EncodedString().prefix { $0 != "=" })
    let stored = Stored(architecture: Self.architecture, backtrace: text)
    guard let data = try? JSONEncoder().encode(stored),
      let backtrace = try? JSONDecoder().decode(Backtrace.self, from: data)
    else { return nil }
    return backtrace.symbolicated(with: images, options: .default)
  }

  private static var architecture: String {
    #if arch(arm64)
      "arm64"
    #else
      "x86_64"
    #endif
  }
}
