import CInterleave

/// Something that a step did by which steps may share something, although nothing was noted
/// as touched.
package struct UnseenSharing: Sendable, Hashable {
  /// What it did.
  package enum Kind: Sendable, Hashable {
    /// It entered code that uses atomics, of which a `Mutex` is made, too.
    case atomics
    /// It entered code that is compiled together with such, and may be part of it.
    case besideAtomics
    /// It called a function of another library of which nothing is known.
    case call
    /// It asked whether an object still exists, or is referred to once: whether others have
    /// let go of it.
    case lifetime
    /// It let go of an object that does something when it is freed.
    case deinitializer
    /// It tried what fails while another step is at it.
    case trial
  }

  package var kind: Kind
  /// Where: the address after a call; of code of the program's own, that of its function.
  package var place: UInt
  /// The address of the function, and its name where that is one of C.
  package var function: UInt
  package var name: String?

  init?(_ unseen: il_unseen) {
    switch unseen.kind {
    case IL_UNSEEN_ATOMICS: kind = .atomics
    case IL_UNSEEN_BESIDE: kind = .besideAtomics
    case IL_UNSEEN_CALL: kind = .call
    case IL_UNSEEN_LIFETIME: kind = .lifetime
    case IL_UNSEEN_DEINIT: kind = .deinitializer
    case IL_UNSEEN_TRIAL: kind = .trial
    default: return nil
    }
    place = unseen.place
    function = unseen.function
    let symbol = unseen.symbol.map { String(cString: $0) }
    name = symbol?.hasPrefix("$") == true ? nil : symbol
  }
}
