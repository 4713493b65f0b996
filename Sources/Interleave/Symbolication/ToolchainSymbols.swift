import Foundation
import Runtime

/// Finds the frames of addresses with the toolchain's `Runtime` module.
///
/// It takes addresses only as a backtrace, so ours are written as one, in the compact format in
/// which backtraces are stored. It reads all tables of a program anew for each backtrace, and
/// those of lines for each address: tens of milliseconds.
@available(macOS 26.0, *)
struct ToolchainSymbols: Sendable {
  private let images = ImageMap.capture()

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
