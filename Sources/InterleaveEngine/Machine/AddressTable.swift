/// A map from addresses to small numbers that empties in no time.
///
/// Open addressing; an entry counts only if it bears the stamp of the current
/// run. Nothing is allocated once it has grown to the size that runs need.
struct AddressTable {
  private struct Entry {
    var address: UInt = 0
    var value: Int32 = 0
    var stamp: UInt32 = 0
  }

  private struct Header {
    var entries: UnsafeMutablePointer<Entry>
    var capacity: Int
    var stamp: UInt32 = 1
    var count = 0
  }

  private let header: UnsafeMutablePointer<Header>

  init() {
    header = .allocate(capacity: 1)
    header.initialize(to: Header(entries: Self.allocate(64), capacity: 64))
  }

  func deallocate() {
    header.pointee.entries.deallocate()
    header.deallocate()
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Entry> {
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
    entries.initialize(repeating: Entry(), count: capacity)
    return entries
  }

  @inline(__always) var count: Int { header.pointee.count }

  func removeAll() {
    header.pointee.count = 0
    header.pointee.stamp &+= 1
    guard header.pointee.stamp == 0 else { return }
    header.pointee.entries.update(repeating: Entry(), count: header.pointee.capacity)
    header.pointee.stamp = 1
  }

  @inline(__always)
  private func slot(of address: UInt) -> UnsafeMutablePointer<Entry> {
    let mask = header.pointee.capacity - 1
    let stamp = header.pointee.stamp
    var index = Int(truncatingIfNeeded: UInt64(address >> 4) &* 0x9E37_79B9_7F4A_7C15 >> 20) & mask
    while true {
      let entry = header.pointee.entries + index
      if entry.pointee.stamp != stamp || entry.pointee.address == address { return entry }
      index = (index + 1) & mask
    }
  }

  @inline(__always)
  subscript(address: UInt) -> Int? {
    let entry = slot(of: address)
    return entry.pointee.stamp == header.pointee.stamp ? Int(entry.pointee.value) : nil
  }

  func set(_ address: UInt, to value: Int) {
    if header.pointee.count * 2 >= header.pointee.capacity { grow() }
    let entry = slot(of: address)
    if entry.pointee.stamp != header.pointee.stamp { header.pointee.count += 1 }
    entry.pointee = Entry(address: address, value: Int32(value), stamp: header.pointee.stamp)
  }

  /// Gives an address a value, unless it has one.
  ///
  /// - Returns: It had none.
  @inline(__always)
  func insert(_ address: UInt, _ value: Int = 1) -> Bool {
    let entry = slot(of: address)
    let stamp = header.pointee.stamp
    guard entry.pointee.stamp != stamp else { return false }
    guard header.pointee.count * 2 < header.pointee.capacity else {
      set(address, to: value)
      return true
    }
    header.pointee.count += 1
    entry.pointee = Entry(address: address, value: Int32(value), stamp: stamp)
    return true
  }

  /// Adds 1 to the value of an address.
  ///
  /// - Returns: It has one.
  @inline(__always)
  func increment(_ address: UInt) -> Bool {
    let entry = slot(of: address)
    guard entry.pointee.stamp == header.pointee.stamp else { return false }
    entry.pointee.value += 1
    return true
  }

  private func grow() {
    let old = header.pointee
    header.pointee.entries = Self.allocate(old.capacity * 2)
    header.pointee.capacity = old.capacity * 2
    for index in 0..<old.capacity where old.entries[index].stamp == old.stamp {
      slot(of: old.entries[index].address).pointee = old.entries[index]
    }
    old.entries.deallocate()
  }
}
