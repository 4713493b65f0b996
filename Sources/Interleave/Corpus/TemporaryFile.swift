#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#endif

/// A file that is being written, under a name that no reader takes for an entry.
///
/// Its writer holds a lock on it, which the system gives up when the writer dies, however it does.
/// A process number in the name would not do: the next process may have the same one, and on a
/// shared folder those of another machine mean nothing.
struct TemporaryFile {
  let path: String
  let descriptor: Int32

  private static let suffix = ".tmp"
  private static let mostAttempts = 10_000

  /// Makes a file that did not exist.
  ///
  /// - Parameters:
  ///   - folder: Where.
  ///   - name: The name of the file that it is to become.
  init(in folder: String, for name: String) throws(FileError) {
    var attempt = 0
    while true {
      let path = "\(folder)/.\(name).\(getpid()).\(attempt)\(Self.suffix)"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 {
        // Before it was locked, somebody who clears up may have taken it for a dead writer's.
        // Where there are no locks, nobody clears up.
        while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
        if Self.lies(descriptor, at: path) {
          self.path = path
          self.descriptor = descriptor
          return
        }
        close(descriptor)
      } else if errno != EEXIST {
        throw FileError(action: "create a file in", path: folder, code: errno)
      }
      attempt += 1
      guard attempt < Self.mostAttempts else {
        throw FileError(action: "create a file in", path: folder, code: EEXIST)
      }
    }
  }

  /// Deletes what killed writers have left in a folder, and nothing that somebody is writing.
  static func clear(_ folder: String) throws(FileError) {
    for name in try FileCalls.names(in: folder) ?? []
    where name.hasPrefix(".") && name.contains(".json.") && name.hasSuffix(suffix) {
      let path = "\(folder)/\(name)"
      let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
      // It may have become an entry, or belong to somebody else.
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      // A writer that is alive holds the lock; once it is ours, only a file that
      // still has this name was left behind.
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0, lies(descriptor, at: path) {
        try FileCalls.remove(path)
      }
    }
  }

  /// Whether an open file still has its name.
  private static func lies(_ descriptor: Int32, at path: String) -> Bool {
    var opened = stat()
    var named = stat()
    return fstat(descriptor, &opened) == 0 && stat(path, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }
}
