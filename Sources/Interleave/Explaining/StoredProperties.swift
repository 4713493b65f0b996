/// The stored properties of an actor, and how their values print.
///
/// No step may be running on the actor while it is looked at.
struct StoredProperties {
  private var list: [(name: String, value: String)] = []

  /// The longest value that is printed whole.
  private static let limit = 60

  init(of subject: any Actor) {
    var mirror: Mirror? = Mirror(reflecting: subject)
    while let current = mirror {
      for child in current.children {
        guard let label = child.label, !label.hasPrefix("$") else { continue }
        list.append((label, Self.print(child.value)))
      }
      mirror = current.superclassMirror
    }
  }

  /// Those that print otherwise than they did.
  func changes(since before: StoredProperties) -> [Interleaving.Change] {
    guard list.count == before.list.count else { return [] }
    return zip(before.list, list).filter { $0.value != $1.value }.map { old, new in
      Interleaving.Change(property: new.name, before: old.value, after: new.value)
    }
  }

  private static func print(_ value: Any) -> String {
    // What an object is cannot be told from its address, which differs from run
    // to run; how many elements a collection of objects holds, can.
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .class, .foreignReference: return objectName(value)
    case .collection, .set, .dictionary: return printCollection(value, mirror)
    case .optional:
      return mirror.children.first.map { print($0.value) } ?? "nil"
    default: break
    }
    if value is String { return shortened(String(reflecting: value)) }
    if mirror.children.isEmpty { return shortened(String(describing: value)) }
    return shortened(printParts(value, mirror))
  }

  private static func objectName(_ value: Any) -> String {
    if let described = value as? any CustomStringConvertible {
      return shortened(described.description)
    }
    return TypeName.short("\(type(of: value))")
  }

  private static func printCollection(_ value: Any, _ mirror: Mirror) -> String {
    let count = mirror.children.count
    // However little each of so many prints, all of them are too long.
    guard count <= limit / 2 else { return "\(count) elements" }
    let isDictionary = mirror.displayStyle == .dictionary
    var parts = mirror.children.map { child in
      guard isDictionary else { return print(child.value) }
      return Mirror(reflecting: child.value).children.map { print($0.value) }
        .joined(separator: ": ")
    }
    if mirror.displayStyle != .collection { parts.sort() }
    let isEmpty = parts.isEmpty && isDictionary
    let text = isEmpty ? "[:]" : "[\(parts.joined(separator: ", "))]"
    return text.count <= limit ? text : parts.count == 1 ? "1 element" : "\(parts.count) elements"
  }

  private static func printParts(_ value: Any, _ mirror: Mirror) -> String {
    if let described = value as? any CustomStringConvertible { return described.description }
    if mirror.displayStyle == .enum, let payload = mirror.children.first {
      let text = print(payload.value)
      return ".\(payload.label ?? "")" + (text.hasPrefix("(") ? text : "(\(text))")
    }
    // What holds nothing but something of the runtime's, such as a task, is a handle.
    let isHandle = mirror.children.contains { "\(type(of: $0.value))".hasPrefix("Builtin.") }
    if isHandle { return TypeName.short("\(type(of: value))") }
    let parts = mirror.children.map { child in
      child.label.map { $0.hasPrefix(".") ? "" : "\($0): " } ?? ""
    }
    let values = zip(parts, mirror.children).map { $0 + print($1.value) }.joined(separator: ", ")
    switch mirror.displayStyle {
    case .tuple: return "(\(values))"
    default: return "\(TypeName.short("\(type(of: value))"))(\(values))"
    }
  }

  private static func shortened(_ text: String) -> String {
    let line = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " ")
    return line.count <= limit ? line : "\(line.prefix(limit - 3))..."
  }
}
