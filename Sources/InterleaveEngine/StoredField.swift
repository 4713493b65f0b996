/// What reflection does not tell of a stored property.
package enum StoredField {
  /// It is no `unowned` or `weak` reference: to read an `unowned` one whose object is gone ends the
  /// process, and there is no asking first, nor telling the two apart.
  ///
  /// - Parameters:
  ///   - type: The class or structure that declares the property.
  ///   - index: The number of the property among those that the type declares.
  package static func isStrong(_ type: Any.Type, index: Int) -> Bool {
    let place = firstPlace(in: type) + index
    guard place < count(type) else { return false }
    var field = Field()
    _ = child(type, index: place, field: &field)
    defer { field.free?(field.name) }
    return field.isStrong
  }

  /// The bytes of a property whose value cannot be copied, such as a `Mutex` or an `Atomic`: they
  /// say whether it is still the same.
  ///
  ///
  /// - Parameters:
  ///   - object: The object.
  ///   - type: The class that declares the property, the object's own or one above.
  ///   - index: The number of the property among those that the class declares.
  /// - Returns: Nil for a property without any.
  package static func bytes(of object: AnyObject, as type: Any.Type, index: Int) -> [UInt8]? {
    guard let declaring = type as? AnyClass else { return nil }
    let all = count(type)
    let place = firstPlace(in: type) + index
    guard place < all else { return nil }
    let start = offset(type, index: place)
    let metadata = unsafeBitCast(declaring, to: UnsafeRawPointer.self)
    let size = Int(metadata.load(fromByteOffset: sizeOfInstance, as: UInt32.self))
    let end = (0..<all).map { offset(type, index: $0) }.filter { $0 > start }.min() ?? size
    guard start >= 2 * MemoryLayout<UInt>.size, end > start, end <= size else { return nil }
    return Array(
      UnsafeRawBufferPointer(
        start: UnsafeRawPointer(Unmanaged.passUnretained(object).toOpaque()) + start,
        count: end - start))
  }

  /// Where the metadata of a class has how many bytes its objects take.
  #if canImport(Darwin)
    private static let sizeOfInstance = 48
  #else
    private static let sizeOfInstance = 24
  #endif

  /// How many properties the classes above declare.
  private static func firstPlace(in type: Any.Type) -> Int {
    (type as? AnyClass).flatMap { _getSuperclass($0) }.map { count($0) } ?? 0
  }

  /// As the runtime tells of a property.
  private struct Field {
    var name: UnsafePointer<CChar>?
    var free: (@convention(c) (UnsafePointer<CChar>?) -> Void)?
    var isStrong = false
    var isVariable = false
  }

  @_silgen_name("swift_reflectionMirror_recursiveChildMetadata")
  private static func child(
    _ type: Any.Type, index: Int, field: UnsafeMutablePointer<Field>
  ) -> Any.Type
  @_silgen_name("swift_reflectionMirror_recursiveCount")
  private static func count(_ type: Any.Type) -> Int
  @_silgen_name("swift_reflectionMirror_recursiveChildOffset")
  private static func offset(_ type: Any.Type, index: Int) -> Int
}
