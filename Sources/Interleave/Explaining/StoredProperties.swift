import InterleaveEngine

/// The stored properties of an object, and of those that it holds, and how their values print.
///
/// No step may be running that changes them while they are looked at.
struct StoredProperties {
  private var list: [(name: String, value: ValuePicture)] = []
  private var seen: Set<ObjectIdentifier> = []
  private let parts: Int

  /// - Parameters:
  ///   - subject: The object.
  ///   - name: What stands before the names of its properties.
  ///   - depth: How far objects that it holds are looked into: 0 for not at all. Other actors are
  ///     not, since their own steps tell of them.
  ///   - parts: So many parts of each value that has many are looked at.
  init(
    of subject: AnyObject, named name: String = "", depth: Int = 0,
    parts: Int = ValuePrinter.mostParts
  ) {
    self.parts = parts
    add(subject, name, depth)
  }

  private mutating func add(_ subject: AnyObject, _ prefix: String, _ depth: Int) {
    guard seen.insert(ObjectIdentifier(subject)).inserted else { return }
    var mirror: Mirror? = Mirror(reflecting: subject)
    while let current = mirror {
      let children = current.readableChildren(isCustom: subject is any CustomReflectable)
      let isObservable = children.contains { $0.label == "_$observationRegistrar" }
      for (index, label, value) in children {
        guard var label, !label.hasPrefix("$"), !label.hasPrefix("_$") else { continue }
        // The macro keeps each property under another name.
        if isObservable, label.hasPrefix("_") { label.removeFirst() }
        // What cannot be copied, such as a lock with its value, is told by nothing in its place.
        if value is Void {
          StoredField.bytes(of: subject, as: current.subjectType, index: index).map {
            list.append((prefix + label, ValuePicture(ofBytes: $0)))
          }
          continue
        }
        list.append((prefix + label, ValuePicture(value, parts: parts)))
        if depth > 0, let held = Self.object(in: value) {
          add(held, "\(prefix)\(label).", depth - 1)
        }
      }
      mirror = current.superclassMirror
    }
  }

  /// An object of the program's own that a property holds, and that is no actor.
  private static func object(in value: Any) -> AnyObject? {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional: return mirror.children.first.flatMap { object(in: $0.value) }
    case .class:
      let object = value as AnyObject
      return object is any Actor || !TypeName.isPrograms(_typeName(type(of: object))) ? nil : object
    default: return nil
    }
  }

  /// Those that are otherwise than they were.
  func changes(since before: StoredProperties) -> [Interleaving.Change] {
    let old = Dictionary(before.list.map { ($0.name, $0.value) }) { first, _ in first }
    return list.compactMap { name, value in
      guard let words = old[name].flatMap({ value.change(since: $0) }) else { return nil }
      return Interleaving.Change(property: name, before: words.before, after: words.after)
    }
  }
}

extension Mirror {
  /// The parts of a value that can be read whatever the program did, with their numbers.
  ///
  /// - Parameter isCustom: The value says itself what its parts are.
  func readableChildren(isCustom: Bool) -> [(index: Int, label: String?, value: Any)] {
    let hasFields = !isCustom && (displayStyle == .struct || displayStyle == .class)
    // What stands in a field is read only where it is asked for.
    return zip(0..., children.indices).compactMap { index, place in
      guard !hasFields || StoredField.isStrong(subjectType, index: index) else { return nil }
      let child = children[place]
      return (index, child.label, child.value)
    }
  }
}
