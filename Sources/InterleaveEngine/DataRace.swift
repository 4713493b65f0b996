import CInterleave

/// Two accesses to the same memory, at least one of them to change it, that nothing orders.
package struct DataRace: Sendable {
  package struct Access: Sendable {
    package var isWrite: Bool
    /// How many bytes.
    package var size: Int
    /// Addresses within the calls that led there, innermost first.
    package var frames: [UInt]
  }

  /// The one that came later in the run, and the one before it.
  package var later: Access
  package var earlier: Access
  /// The number of steps that had run, with the one in which it was seen.
  package var steps: Int

  init(_ race: il_race, steps: Int) {
    later = Access(race.later)
    earlier = Access(race.earlier)
    self.steps = steps
  }
}

extension DataRace.Access {
  fileprivate init(_ access: il_access) {
    isWrite = access.is_write
    size = Int(access.size)
    frames = withUnsafeBytes(of: access.frames) {
      $0.bindMemory(to: UInt.self).prefix { $0 != 0 }
    }
  }
}

/// The sanitizers of the compiler that watch over this process.
package enum Sanitizer {
  /// It sees data races, though not in a process that was forked.
  package static let isThread = il_has_thread_sanitizer()
  /// It tells of one error in a process, and ends it.
  package static let isAddress = il_has_address_sanitizer()
}
