import InterleaveEngine

/// Looks at the program around each step of a run.
///
/// Before and after a step the stored properties of the actor that it runs on are
/// printed, by reflection. No other step can run in between, so what differs is
/// what the step did. Also, a task that goes on in code of the runtime is looked
/// up in its asynchronous callers, until one is code of the user.
final class StepInspector {
  /// What each step changed, by the index of the step.
  private(set) var changes: [Int: [Interleaving.Change]] = [:]
  /// The asynchronous callers of each step's task, by the index of the step.
  private(set) var callers: [Int: [UInt]] = [:]
  private var subject: (any Actor)?
  private var before: [(name: String, value: String)] = []

  /// The longest value that is printed whole.
  private static let limit = 60

  func stepWillBegin(_ machine: Machine, task: Int, actor: UInt) {
    callers[machine.stepCount] = machine.backtrace(of: task, limit: 16)
    beginLooking(at: actor)
  }

  /// Takes down the properties of the actor at an address; 0 is none.
  func beginLooking(at actor: UInt) {
    subject = Takeover.object(at: actor) as? any Actor
    before = subject.map(Self.properties) ?? []
  }

  func stepDidEnd(index: Int) {
    guard let subject else { return }
    self.subject = nil
    let after = Self.properties(of: subject)
    guard after.count == before.count else { return }
    for (old, new) in zip(before, after) where old.value != new.value {
      changes[index, default: []].append(
        Interleaving.Change(property: new.name, before: old.value, after: new.value))
    }
  }

  /// The stored properties and how their values print.
  private static func properties(of subject: any Actor) -> [(name: String, value: String)] {
    var properties: [(String, String)] = []
    var mirror: Mirror? = Mirror(reflecting: subject)
    while let current = mirror {
      for child in current.children {
        guard let label = child.label, !label.hasPrefix("$") else { continue }
        properties.append((label, print(child.value)))
      }
      mirror = current.superclassMirror
    }
    return properties
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
    return line.count <= limit ? line : "\(line.prefix(limit - 1))…"
  }
}
