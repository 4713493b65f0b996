import CInterleave

/// Names for addresses in code that are the same in every process of one build.
///
/// Where an image is loaded changes from process to process; the offset in it
/// does not. Names are kept from run to run, as asking the loader is slow.
struct CodePlaces {
  private let numbers = AddressTable()
  private let names = Column<UInt64>()

  func deallocate() {
    numbers.deallocate()
    names.deallocate()
  }

  /// The name of a place; 0 for the address 0.
  @inline(__always)
  func name(of address: UInt) -> UInt64 {
    if let number = numbers[address] { return names[number] }
    return add(address)
  }

  private func add(_ address: UInt) -> UInt64 {
    let name = address == 0 ? 0 : Self.name(ofCodeAt: address)
    names.append(name)
    numbers.set(address, to: names.count - 1)
    return name
  }

  private static func name(ofCodeAt address: UInt) -> UInt64 {
    var offset: UInt = 0
    var path: UnsafePointer<CChar>?
    guard let pointer = UnsafeRawPointer(bitPattern: address),
      il_code_offset(pointer, &offset, &path)
    else { return mix(5, 0) }
    // The last component alone: the same build may lie elsewhere.
    var image: UInt64 = 5
    var character = path
    while let byte = character?.pointee, byte != 0 {
      let value = UInt8(bitPattern: byte)
      image = value == UInt8(ascii: "/") ? 5 : mix(image, UInt64(value))
      character = character?.advanced(by: 1)
    }
    return mix(image, UInt64(offset))
  }
}
