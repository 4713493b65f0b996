#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

extension FileCalls {
  /// Adds bytes to a file in one call, so that what others add does not come between.
  static func append(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError(action: "open", path: path, code: errno) }
    defer { close(descriptor) }
    let written = bytes.withUnsafeBytes { system.write(descriptor, $0) }
    guard written == bytes.count else {
      throw FileError(action: "write", path: path, code: written < 0 ? errno : ENOSPC)
    }
  }
}
