import CInterleave

/// Watches, as long as it lives, for runs that may share memory unseen.
///
/// Atomics, and the `Mutex` that is made of them, are instructions in the code of
/// whoever uses them; nothing is called that could be noted. So all functions of the
/// program are looked through for such instructions, and for the types of atomics that
/// are only loaded and stored, which takes no special ones. A breakpoint at the
/// beginning of each of them tells when a run enters it: see ``Machine/sharedIn``.
/// Functions of the system, of the toolchain and of this package are left out.
package final class SharingWatch {
  /// Begins to watch.
  ///
  /// - Returns: nil where that cannot be done: on another platform than Linux on
  ///   x86-64, without symbols, and under a debugger.
  package init?() {
    guard il_watch_begin() else { return nil }
  }

  deinit {
    il_watch_end()
  }

  /// For tests: the mangled names of what is watched.
  package static var watched: [String] {
    (0..<il_watched_count()).map { String(cString: il_watched_name($0)) }
  }
}
