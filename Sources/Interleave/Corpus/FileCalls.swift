#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// What the system refused to do.
struct FileError: Error, Hashable, CustomStringConvertible {
  /// What was tried, as in "create the folder".
  var action: String
  var path: String
  /// The value of `errno`.
  var code: Int32

  var description: String { "cannot \(action) \(path): \(reason)" }

  var reason: String { String(cString: strerror(code)) }
}

/// The calls to the system that may fail half-way through writing a file.
///
/// They can be replaced, so that a full disk can be had for a test.
package struct FileCalls: Sendable {
  /// Writes bytes to a descriptor: how many were written, or -1 with `errno` set.
  package var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int
  /// Waits until a file or a folder has reached the disk: 0, or -1 with `errno` set.
  package var sync: @Sendable (Int32) -> Int32
  /// Puts a file in the place of another: 0, or -1 with `errno` set.
  package var rename: @Sendable (String, String) -> Int32

  /// The system's own.
  package static let system = FileCalls(
    write: { descriptor, bytes in
      #if canImport(Darwin)
        Darwin.write(descriptor, bytes.baseAddress, bytes.count)
      #else
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      #endif
    },
    sync: { fsync($0) },
    rename: { old, new in
      #if canImport(Darwin)
        Darwin.rename(old, new)
      #else
        Glibc.rename(old, new)
      #endif
    })

  /// Writes a file so that there is never a half of it: whoever reads the path sees what was
  /// there before or the whole new content, even if the machine loses power.
  ///
  /// The content goes to a temporary file in the same folder, and this is put in place once it
  /// has reached the disk.
  func writeAtomically(_ content: [UInt8], folder: String, name: String) throws(FileError) {
    let temporary = try TemporaryFile(in: folder, for: name)
    let path = "\(folder)/\(name)"
    // Closed last: its lock says that somebody is at work on it.
    defer { close(temporary.descriptor) }
    do throws(FileError) {
      try writeAll(content, to: temporary.descriptor, path: path)
      guard sync(temporary.descriptor) == 0 else {
        throw FileError(action: "write", path: path, code: errno)
      }
      guard rename(temporary.path, path) == 0 else {
        throw FileError(action: "put in place", path: path, code: errno)
      }
    } catch {
      unlink(temporary.path)
      throw error
    }
    try syncFolder(folder)
  }

  /// Moves a file from one folder to another, so that it is never in neither.
  ///
  /// One that somebody else has moved meanwhile has been moved.
  func move(_ name: String, from old: String, to new: String) throws(FileError) {
    guard rename("\(old)/\(name)", "\(new)/\(name)") == 0 || errno == ENOENT else {
      throw FileError(action: "move", path: "\(old)/\(name)", code: errno)
    }
    try syncFolder(new)
    if Self.exists(old) { try syncFolder(old) }
  }

  /// Deletes folders, one after the other, as far as there is nothing in them.
  static func removeIfEmpty(_ folders: String...) {
    for folder in folders where rmdir(folder) != 0 { return }
  }

  /// Deletes a file; one that is not there is none that is left.
  static func remove(_ path: String) throws(FileError) {
    guard unlink(path) == 0 || errno == ENOENT else {
      throw FileError(action: "delete", path: path, code: errno)
    }
  }

  /// Makes a folder and those above it, as far as they do not exist.
  func makeFolder(_ path: String) throws(FileError) {
    if mkdir(path, 0o777) == 0 {
      try syncFolder(Self.parent(of: path))
      return
    }
    switch errno {
    case EEXIST:
      var status = stat()
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw FileError(action: "create the folder", path: path, code: ENOTDIR)
      }
    case ENOENT where Self.parent(of: path) != path:
      try makeFolder(Self.parent(of: path))
      guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
        throw FileError(action: "create the folder", path: path, code: errno)
      }
      try syncFolder(Self.parent(of: path))
    case let code:
      throw FileError(action: "create the folder", path: path, code: code)
    }
  }

  /// The whole content of a file that is not larger than the given size; nil where it is.
  static func read(_ path: String, upTo limit: Int) throws(FileError) -> [UInt8]? {
    // Without O_NONBLOCK, opening a named pipe would wait for ever.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(action: "open", path: path, code: errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FileError(action: "read", path: path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw FileError(action: "read", path: path, code: isFolder ? EISDIR : EINVAL)
    }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while content.count <= limit {
      #if canImport(Darwin)
        let count = Darwin.read(descriptor, &buffer, buffer.count)
      #else
        let count = Glibc.read(descriptor, &buffer, buffer.count)
      #endif
      if count == 0 { return content }
      if count > 0 {
        content += buffer[..<count]
      } else if errno != EINTR {
        throw FileError(action: "read", path: path, code: errno)
      }
    }
    return nil
  }

  /// The names in a folder, sorted by their bytes; nil where there is no such folder.
  static func names(in folder: String) throws(FileError) -> [String]? {
    guard let stream = opendir(folder) else {
      if errno == ENOENT { return nil }
      throw FileError(action: "list the folder", path: folder, code: errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno == 0 { break }
        throw FileError(action: "list the folder", path: folder, code: errno)
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private func writeAll(
    _ content: [UInt8], to descriptor: Int32, path: String
  ) throws(FileError) {
    var written = 0
    while written < content.count {
      let count = content.withUnsafeBytes { bytes in
        write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[written...]))
      }
      if count > 0 {
        written += count
      } else if count == 0 || errno != EINTR {
        throw FileError(action: "write", path: path, code: count == 0 ? ENOSPC : errno)
      }
    }
  }

  private func syncFolder(_ folder: String) throws(FileError) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(action: "open", path: folder, code: errno) }
    defer { close(descriptor) }
    // Some file systems cannot do this for a folder, and need not.
    guard sync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
      throw FileError(action: "write", path: folder, code: errno)
    }
  }
}
