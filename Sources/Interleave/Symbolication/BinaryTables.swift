#if os(Linux) && (arch(x86_64) || arch(arm64))
  import CInterleave
  import Foundation
  import Runtime

  /// The tables of functions, lines and inlined calls in an ELF file.
  ///
  /// They answer as the toolchain's `Runtime` module does, which reads the same tables, in the
  /// same order of frames.
  final class BinaryTables: @unchecked Sendable {
    /// It never changes.
    private let index: OpaquePointer

    /// Reads the tables in the bytes of a file.
    ///
    /// - Returns: nil where they are damaged, or of a kind that is not read here.
    init?(_ bytes: UnsafeRawBufferPointer) {
      guard let start = Self.start(bytes), let index = il_binary_create(start, bytes.count)
      else { return nil }
      self.index = index
    }

    deinit { il_binary_destroy(index) }

    /// The bytes seem to be those that the tables were read from.
    func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
      Self.start(bytes).map { il_binary_matches(index, $0, bytes.count) } ?? false
    }

    /// No other file is installed that has more of the tables.
    func isComplete(in bytes: UnsafeRawBufferPointer) -> Bool {
      guard let start = Self.start(bytes), let folder = Self.debugFolder else { return true }
      let text = il_binary_build_id(index, start)
      let build = UnsafeBufferPointer(start: text.start, count: text.length)
      let digits = build.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
      guard let first = digits.first else { return true }
      let path = "\(folder)/\(first)/\(digits.dropFirst().joined()).debug"
      return !FileManager.default.fileExists(atPath: path)
    }

    /// Where a system keeps debug information by the numbers of builds; nil if there is none.
    private static let debugFolder: String? = {
      let folder = "/usr/lib/debug/.build-id"
      return FileManager.default.fileExists(atPath: folder) ? folder : nil
    }()

    /// The frames of an address in the file.
    ///
    /// - Parameter bytes: Those from which the tables were read.
    func frames(at address: UInt64, in bytes: UnsafeRawBufferPointer) -> AddressFrames {
      var name = il_text()
      guard let start = Self.start(bytes), il_binary_symbol(index, start, address, &name) else {
        return AddressFrames(frames: [frame(Self.unknown, nil, start: nil)])
      }
      var line = il_line()
      var place = il_binary_line(index, start, address, &line) ? line : nil
      var frames: [AddressFrames.Frame] = []
      for call in inlinedCalls(at: address, start) {
        frames.append(frame(Self.string(call.name) ?? Self.unknown, place, start: start))
        place = call.line
      }
      frames.append(frame(Self.string(name) ?? Self.unknown, place, start: start))
      return AddressFrames(frames: frames)
    }

    private func inlinedCalls(
      at address: UInt64, _ start: UnsafePointer<UInt8>
    ) -> [il_inlined_call] {
      var calls = [il_inlined_call](repeating: il_inlined_call(), count: 16)
      while true {
        let count = il_binary_inlined_calls(index, start, address, &calls, calls.count)
        if count <= calls.count { return Array(calls.prefix(count)) }
        calls = [il_inlined_call](repeating: il_inlined_call(), count: count)
      }
    }

    private func frame(
      _ symbol: String, _ place: il_line?, start: UnsafePointer<UInt8>?
    ) -> AddressFrames.Frame {
      var frame = AddressFrames.Frame(
        symbol: symbol, name: Self.demangled(symbol), file: "", line: 0)
      guard let place, let start else { return frame }
      frame.file = path(of: place, start)
      frame.line = Int(place.line)
      return frame
    }

    private func path(of place: il_line, _ start: UnsafePointer<UInt8>) -> String {
      let path = il_binary_path(index, start, place)
      guard let name = Self.string(path.name) else { return Self.unknown }
      if name.hasPrefix("/") { return name }
      return "\(Self.string(path.folder) ?? Self.unknown)/\(name)"
    }

    private static func demangled(_ symbol: String) -> String {
      SymbolicatedBacktrace.Symbol(
        imageIndex: 0, imageName: "", rawName: symbol, offset: 0, sourceLocation: nil
      ).name
    }

    /// What the toolchain calls what it does not find.
    private static let unknown = "<unknown>"

    private static func string(_ text: il_text) -> String? {
      text.start.map {
        String(decoding: UnsafeBufferPointer(start: $0, count: text.length), as: UTF8.self)
      }
    }

    private static func start(_ bytes: UnsafeRawBufferPointer) -> UnsafePointer<UInt8>? {
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    }
  }
#endif
