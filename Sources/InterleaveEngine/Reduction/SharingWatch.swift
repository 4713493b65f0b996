import CInterleave

/// Watches, as long as it lives, for runs whose steps may share something unseen.
///
/// What a program calls in other libraries is known to share nothing, or notes what it
/// touches; or else it is noticed, whatever it may do. Atomics, and the `Mutex` that is made
/// of them, are instructions in the code of whoever uses them; nothing is called that could
/// be noticed. So all functions of the program are looked through for such instructions, and
/// for the types of atomics that are only loaded and stored, which takes no special ones. A jump
/// at the beginning of each of them, or where there is no room for one a breakpoint, tells when a
/// run enters it, and one at the beginning of what frees an object and does something more. ``Machine/unseen`` is the first
/// that a run did. What the system, the toolchain and this package do among themselves is left
/// out.
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
