/// Values on their way from a child process to its parent.
///
/// Both are the same program at the same addresses, one forked from the other. So plain
/// values go as the bytes that they are in memory; what is on the heap is written out.
package struct Packet {
  package private(set) var bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8] = []) {
    self.bytes = bytes
  }

  // MARK: Writing

  /// Adds a value that has no part on the heap.
  package mutating func put<Value>(_ value: Value) {
    precondition(_isPOD(Value.self), "\(Value.self) cannot be sent as its bytes")
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  /// Adds values that have no part on the heap.
  package mutating func put<Value>(all values: some Collection<Value>) {
    precondition(_isPOD(Value.self), "\(Value.self) cannot be sent as its bytes")
    put(values.count)
    let isContiguous: Void? = values.withContiguousStorageIfAvailable {
      bytes.append(contentsOf: UnsafeRawBufferPointer($0))
    }
    if isContiguous == nil { for value in values { put(value) } }
  }

  package mutating func put(_ text: String) {
    put(all: Array(text.utf8))
  }

  package mutating func put(_ texts: [String]) {
    put(texts.count)
    for text in texts { put(text) }
  }

  package mutating func put<Value>(
    optional value: Value?, _ body: (inout Packet, Value) -> Void
  ) {
    put(value != nil)
    if let value { body(&self, value) }
  }

  // MARK: Reading, in the order of writing

  package mutating func take<Value>(_ type: Value.Type = Value.self) -> Value {
    let size = MemoryLayout<Value>.size
    precondition(_isPOD(type) && position + size <= bytes.count, "a packet ends too early")
    defer { position += size }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: type) }
  }

  package mutating func takeAll<Value>(_ type: Value.Type = Value.self) -> [Value] {
    let count: Int = take()
    let size = MemoryLayout<Value>.stride
    precondition(
      _isPOD(type) && count >= 0 && position + count * size <= bytes.count,
      "a packet ends too early")
    defer { position += count * size }
    return bytes.withUnsafeBytes { bytes in
      (0..<count).map { bytes.loadUnaligned(fromByteOffset: position + $0 * size, as: type) }
    }
  }

  package mutating func takeText() -> String {
    String(decoding: takeAll(UInt8.self), as: UTF8.self)
  }

  package mutating func takeTexts() -> [String] {
    let count: Int = take()
    return (0..<count).map { _ in takeText() }
  }

  package mutating func takeOptional<Value>(_ body: (inout Packet) -> Value) -> Value? {
    take(Bool.self) ? body(&self) : nil
  }
}

extension StepStop {
  package func pack(into packet: inout Packet) {
    packet.put(cause)
    packet.put(all: frames)
    packet.put(said)
    packet.put(isElsewhere)
    packet.put(resumedTask ?? -1)
    packet.put(all: circle)
  }

  package init(from packet: inout Packet) {
    self.init(cause: packet.take(), frames: packet.takeAll(), said: packet.takeText())
    isElsewhere = packet.take()
    let task: Int = packet.take()
    resumedTask = task < 0 ? nil : task
    circle = packet.takeAll()
  }
}
