import CInterleave

/// Memory that another thread may change, or give back, at any moment.
enum Memory {
  /// Copies values that have no part on the heap.
  ///
  /// - Returns: Nil where the memory is not there.
  static func copy<Value>(_ address: UnsafePointer<Value>, count: Int) -> [Value]? {
    let piece = 1024
    let bytes = count * MemoryLayout<Value>.stride
    let source = UnsafeRawPointer(address)
    var isThere = true
    let values = [Value](unsafeUninitializedCapacity: count) { buffer, filled in
      guard let target = UnsafeMutableRawPointer(buffer.baseAddress) else { return }
      var offset = 0
      while offset < bytes, isThere {
        let size = min(piece, bytes - offset)
        isThere = il_read_memory(source + offset, target + offset, size)
        offset += size
      }
      filled = isThere ? count : 0
    }
    return isThere ? values : nil
  }
}
