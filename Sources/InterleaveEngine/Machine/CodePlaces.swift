/// Numbers for places in code, in the order in which a run asks for them.
///
/// Addresses differ from process to process, and offsets in an image from build to
/// build. The order in which places are met is the program's own: the same choices
/// give the same numbers, so that a seed carries over to the next build.
struct CodePlaces {
  private let numbers = AddressTable()

  func deallocate() { numbers.deallocate() }

  /// Forgets all places; the next one is the first.
  func removeAll() { numbers.removeAll() }

  /// The number of the place at an address, from 1 on.
  @inline(__always)
  func number(of address: UInt) -> UInt64 {
    if let number = numbers[address] { return UInt64(number) }
    let number = numbers.count + 1
    numbers.set(address, to: number)
    return UInt64(number)
  }
}
