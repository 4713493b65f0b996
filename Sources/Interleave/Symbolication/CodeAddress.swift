/// An address in the program's code, and what it points at.
package struct CodeAddress: Sendable, Hashable {
  /// The address of an instruction of the function that is meant.
  package var instruction: UInt
  /// It is the start of a function or of a part of one, so that a line may have
  /// to be looked for behind it.
  package var isStart: Bool

  /// The entry of a function, or of the part of an async function that goes on
  /// after an `await`.
  package static func start(_ address: UInt) -> CodeAddress {
    CodeAddress(instruction: address, isStart: true)
  }

  /// The address at which a call returns.
  ///
  /// The call itself ends one byte before it; what lies at the address may belong
  /// to another line, and even to another function.
  package static func afterCall(_ address: UInt) -> CodeAddress {
    CodeAddress(instruction: address == 0 ? 0 : address - 1, isStart: false)
  }
}

/// What the binary knows of a place in the code.
package struct CodePlace: Sendable, Hashable {
  /// The function, for people: `Bank.withdraw(_:)`, `closure #1 in transfer()`.
  package var function: String
  /// The place in the source; nil where the binary has no line for it.
  package var place: Interleaving.Place?

  package init(function: String, place: Interleaving.Place? = nil) {
    self.function = function
    self.place = place
  }
}
