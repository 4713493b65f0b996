// Symbolication: names and lines for addresses.

import Foundation
import InterleaveEngine
import Synchronization

/// Finds the function and the line of addresses in the program's code.
///
/// Each address is looked up once in a process. The first lookup reads the program's tables,
/// which takes tens of milliseconds with a large program; many in one batch share the opening
/// of files.
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
    let mark = "Swift runtime failure: "
    return frames(at: [address]).first?.frames.lazy.compactMap { frame in
      [frame.name, frame.symbol].first { $0.hasPrefix(mark) }.map {
        String($0.dropFirst(mark.count))
      }
    }.first
  }

  /// The Swift modules whose code is at an address, that of functions inlined there among them.
  package func modules(of address: CodeAddress) -> Set<String> {
    Set(frames(at: [address]).flatMap(\.frames).compactMap { Self.module(ofSymbol: $0.symbol) })
  }

  /// The symbols of the functions whose code is at some addresses, in their order; empty where
  /// there is none.
  package func symbols(of addresses: [CodeAddress]) -> [String] {
    frames(at: addresses).map(\.function)
  }

  private func frames(at addresses: [CodeAddress]) -> [AddressFrames] {
    guard #available(macOS 26.0, *) else { return addresses.map { _ in AddressFrames() } }
    return turn.withLock {
      ProgramSymbols.withTurn { $0.frames(at: addresses.map(\.instruction)) }
    }
  }

  /// `Shop` of `$s4Shop5StockC4takeyyF`.
  static func module(ofSymbol symbol: String) -> String? {
    guard symbol.hasPrefix("$s") else { return nil }
    let digits = symbol.dropFirst(2).prefix(while: \.isNumber)
    guard let length = Int(digits), length > 0 else { return nil }
    let name = symbol.dropFirst(2 + digits.count).prefix(length)
    return name.count == length ? String(name) : nil
  }

  /// Does something while nobody looks anything up: a process that is forked meanwhile finds
  /// no lock taken, and the program's tables read.
  package func pause(_ body: () -> Void) {
    turn.withLock {
      if #available(macOS 26.0, *) { ProgramSymbols.withTurn { $0.prepare() } }
      body()
    }
  }

  /// How far behind a function's start a line is looked for, if the start itself
  /// belongs to no line: code that only takes arguments out of a frame is the
  /// compiler's.
  private static let offsets: [UInt] = [4, 8, 16, 24, 32, 48, 64, 96, 128]

  private func lookUp(_ addresses: [CodeAddress]) -> [CodePlace] {
    guard !addresses.isEmpty, #available(macOS 26.0, *) else {
      return addresses.map { _ in CodePlace(function: "") }
    }
    return ProgramSymbols.withTurn { lookUp(addresses, in: &$0) }
  }

  @available(macOS 26.0, *)
  private func lookUp(_ addresses: [CodeAddress], in symbols: inout ProgramSymbols) -> [CodePlace] {
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
