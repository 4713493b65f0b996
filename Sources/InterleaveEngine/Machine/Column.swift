/// A growable array for the machine's inner loop.
///
/// It is owned by one machine and used on one thread, and it grows but never
/// shrinks. An `Array` in a class would check at each access that nobody else
/// uses it, which costs more than the step that is being scheduled. Elements
/// must be trivial: they are never destroyed.
struct Column<Element> {
  /// Where the elements lie, and how many they are.
  struct Header {
    fileprivate var base: UnsafeMutablePointer<Element> = .allocate(capacity: 64)
    fileprivate var count = 0
    fileprivate var capacity = 64

    func deallocate() { base.deallocate() }
  }

  private let header: UnsafeMutablePointer<Header>

  init() {
    header = .allocate(capacity: 1)
    header.initialize(to: Header())
  }

  /// The column whose header is part of something else, which stays where it is.
  @inline(__always)
  init(at header: UnsafeMutablePointer<Header>) { self.header = header }

  func deallocate() {
    header.pointee.deallocate()
    header.deallocate()
  }

  /// An index is one of the column's.
  @inline(__always)
  private func has(_ index: Int) -> Bool {
    UInt(bitPattern: index) < UInt(bitPattern: header.pointee.count)
  }

  @inline(__always) var count: Int { header.pointee.count }
  @inline(__always) var isEmpty: Bool { header.pointee.count == 0 }

  @inline(__always)
  subscript(index: Int) -> Element {
    _read {
      precondition(has(index))
      yield header.pointee.base[index]
    }
    nonmutating _modify {
      precondition(has(index))
      yield &header.pointee.base[index]
    }
  }

  /// Where an element lies, until the column grows.
  @inline(__always)
  func pointer(at index: Int) -> UnsafeMutablePointer<Element> {
    precondition(has(index))
    return header.pointee.base + index
  }

  /// The same for an index that is known to be one of the column's.
  ///
  /// What is read there costs nothing where nobody looks at it, as a check would.
  @inline(__always)
  func known(at index: Int) -> UnsafeMutablePointer<Element> {
    assert(has(index))
    return header.pointee.base + index
  }

  /// Where the elements lie, until the column grows: for loops that would look for that again
  /// after each thing that they write.
  @inline(__always) var base: UnsafeMutablePointer<Element> { header.pointee.base }

  /// Makes room for so many elements in all.
  @inline(__always)
  func reserve(_ count: Int) {
    while header.pointee.capacity < count { grow() }
  }

  /// Adds an element that is still to be initialized.
  ///
  /// - Returns: Its index.
  @inline(__always)
  func extend() -> Int32 {
    let index = header.pointee.count
    if index == header.pointee.capacity { grow() }
    header.pointee.count = index &+ 1
    return Int32(truncatingIfNeeded: index)
  }

  /// Where the next element will lie that is added.
  @inline(__always)
  func place() -> UnsafeMutablePointer<Element> {
    let index = header.pointee.count
    if index == header.pointee.capacity { grow() }
    return header.pointee.base + index
  }

  /// Adds what has been put in its place.
  @inline(__always)
  func addPlaced() { header.pointee.count &+= 1 }

  @inline(__always)
  func append(_ element: Element) {
    place().initialize(to: element)
    addPlaced()
  }

  /// Adds so many equal elements.
  func append(repeating element: Element, count: Int) {
    reserve(self.count + count)
    (header.pointee.base + self.count).initialize(repeating: element, count: count)
    header.pointee.count += count
  }

  /// Adds the elements of another column.
  func append(contentsOf other: Column) {
    reserve(count + other.count)
    (header.pointee.base + count).initialize(from: other.header.pointee.base, count: other.count)
    header.pointee.count += other.count
  }

  /// Adds elements.
  ///
  /// - Parameter index: Which of them comes before the others.
  @inline(__always)
  func append(contentsOf other: UnsafeBufferPointer<Element>, first index: Int) {
    guard let source = other.baseAddress, !other.isEmpty else { return }
    precondition(UInt(bitPattern: index) < UInt(bitPattern: other.count))
    reserve(count &+ other.count)
    let target = header.pointee.base + count
    target.initialize(to: source[index])
    // Mostly there are few, for which it would cost more to call somebody who copies.
    var place = 0
    while place < index {
      (target + (place &+ 1)).initialize(to: source[place])
      place &+= 1
    }
    place &+= 1
    while place < other.count {
      (target + place).initialize(to: source[place])
      place &+= 1
    }
    header.pointee.count &+= other.count
  }

  /// Puts elements before those that are there.
  ///
  /// - Parameter index: Which of them comes before the others.
  func insert(_ other: UnsafeBufferPointer<Element>, first index: Int) {
    let before = count
    reserve(before + other.count)
    let base = header.pointee.base
    (base + other.count).update(from: base, count: before)
    removeAll()
    append(contentsOf: other, first: index)
    header.pointee.count += before
  }

  @inline(__always)
  func popLast() -> Element? {
    guard header.pointee.count > 0 else { return nil }
    header.pointee.count &-= 1
    return header.pointee.base[header.pointee.count]
  }

  func insert(_ element: Element, at index: Int) {
    append(element)
    var place = count - 1
    precondition(index >= 0 && index <= place)
    let base = header.pointee.base
    while place > index {
      base[place] = base[place - 1]
      place -= 1
    }
    base[index] = element
  }

  @inline(__always)
  func remove(at index: Int) {
    precondition(has(index))
    let last = header.pointee.count &- 1
    let base = header.pointee.base
    var place = index
    while place < last {
      base[place] = base[place &+ 1]
      place &+= 1
    }
    header.pointee.count = last
  }

  /// Moves an element to the front; the others keep their order.
  func moveToFront(_ index: Int) {
    let element = self[index]
    let base = header.pointee.base
    (base + 1).update(from: base, count: index)
    base.pointee = element
  }

  @inline(__always)
  func removeAll() {
    header.pointee.count = 0
  }

  /// Keeps only the first elements, of which there are no fewer.
  func removeAll(after count: Int) {
    precondition(count >= 0 && count <= self.count)
    header.pointee.count = count
  }

  /// The elements, valid until the next change.
  var elements: UnsafeBufferPointer<Element> {
    UnsafeBufferPointer(start: header.pointee.base, count: count)
  }

  /// A copy of the elements that a thread may take which does not own the column.
  ///
  /// - Returns: Nil where the column grew meanwhile, or has more elements than anybody wants.
  func glance(upTo limit: Int) -> [Element]? {
    guard let before = Memory.copy(header, count: 1)?.first, before.count <= limit,
      let elements = Memory.copy(before.base, count: before.count),
      let after = Memory.copy(header, count: 1)?.first, after.base == before.base
    else { return nil }
    return elements
  }

  @inline(never)
  private func grow() {
    let capacity = header.pointee.capacity * 2
    let base = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    base.moveInitialize(from: header.pointee.base, count: count)
    header.pointee.base.deallocate()
    header.pointee.base = base
    header.pointee.capacity = capacity
  }
}
