import Foundation

/// Values as Swift source that makes them again, where that is possible.
///
/// ```swift
/// SwiftLiteral.describe(Operation.deposit(5))           // .deposit(5)
/// SwiftLiteral.describe(User(name: "a", age: 3))        // User(name: "a", age: 3)
/// ```
///
/// Equal values print alike in every process: sets and dictionaries are sorted, and no address
/// is printed.
package enum SwiftLiteral {
  /// How deep values are looked into.
  private static let depthLimit = 50

  /// The value as Swift source.
  package static func describe(_ value: Any) -> String {
    var printer = Printer(depthLeft: depthLimit)
    return printer.describe(value)
  }

  /// Each value as Swift source.
  package static func describeEach<each Value>(_ value: repeat each Value) -> [String] {
    var result: [String] = []
    for value in repeat each value {
      result.append(describe(value))
    }
    return result
  }

  /// Text as a string literal; what is not seen, or joins what is before it, as an escape.
  static func quoted(_ text: some StringProtocol) -> String {
    var result = "\""
    for character in text {
      let scalars = character.unicodeScalars
      for scalar in scalars {
        result += escaped(scalar, isAlone: scalars.count == 1)
      }
    }
    return result + "\""
  }

  private static func escaped(_ scalar: Unicode.Scalar, isAlone: Bool) -> String {
    switch scalar {
    case "\"": return "\\\""
    case "\\": return "\\\\"
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    case "\0": return "\\0"
    case " "..."~": return String(Character(scalar))
    default:
      return isAlone && scalar.value >= 0xA0 && isVisible(scalar)
        ? String(Character(scalar)) : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    }
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .decimalNumber,
      .letterNumber, .otherNumber, .mathSymbol, .currencySymbol, .otherSymbol, .dashPunctuation,
      .openPunctuation, .closePunctuation, .otherPunctuation:
      !scalar.properties.isDefaultIgnorableCodePoint && !scalar.properties.isBidiControl
    default: false
    }
  }
}

/// A type whose values are not printed well by their stored properties.
private protocol LiteralDescribable {
  func literal(_ printer: inout Printer) -> String
}

private struct Printer {
  var depthLeft: Int
  /// The objects that are being printed, so that a cycle ends.
  var open: [ObjectIdentifier] = []

  mutating func describe(_ value: Any) -> String {
    guard depthLeft > 0 else { return "..." }
    depthLeft -= 1
    defer { depthLeft += 1 }
    if let value = value as? any LiteralDescribable { return value.literal(&self) }
    if let value = value as? any BinaryInteger { return "\(value)" }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      return mirror.children.first.map { describe($0.value) } ?? "nil"
    case .collection:
      return "[" + mirror.children.map { describe($0.value) }.joined(separator: ", ") + "]"
    case .set:
      return "[" + mirror.children.map { describe($0.value) }.sorted().joined(separator: ", ") + "]"
    case .dictionary:
      return dictionary(mirror)
    case .tuple:
      return "(" + arguments(mirror) + ")"
    case .enum:
      return enumeration(value, mirror)
    case .class, .foreignReference:
      return object(value, mirror)
    default:
      if value is Any.Type { return "\(value).self" }
      return mirror.displayStyle == nil ? "\(mirror.subjectType)" : initializer(mirror)
    }
  }

  private mutating func dictionary(_ mirror: Mirror) -> String {
    let entries = mirror.children.map { child in
      Mirror(reflecting: child.value).children.map { describe($0.value) }
        .joined(separator: ": ")
    }
    return entries.isEmpty ? "[:]" : "[" + entries.sorted().joined(separator: ", ") + "]"
  }

  private mutating func enumeration(_ value: Any, _ mirror: Mirror) -> String {
    guard let payload = mirror.children.first, let name = payload.label else {
      return Self.caseName(value, mirror)
    }
    let inner = Mirror(reflecting: payload.value)
    if inner.displayStyle == .tuple {
      return inner.children.isEmpty ? ".\(name)(())" : ".\(name)(\(arguments(inner)))"
    }
    return ".\(name)(\(describe(payload.value)))"
  }

  /// A case without payload is known by its description alone; if the type has one of its own,
  /// by its raw value.
  private static func caseName(_ value: Any, _ mirror: Mirror) -> String {
    let hasOwnDescription =
      value is any CustomStringConvertible || value is any CustomDebugStringConvertible
    if !hasOwnDescription { return ".\(value)" }
    if let value = value as? any RawRepresentable {
      return "\(mirror.subjectType)(rawValue: \(SwiftLiteral.describe(value.rawValue)))!"
    }
    return "\(mirror.subjectType)(\(SwiftLiteral.quoted(String(describing: value))))"
  }

  private mutating func object(_ value: Any, _ mirror: Mirror) -> String {
    let identity = ObjectIdentifier(value as AnyObject)
    guard !open.contains(identity) else { return "\(mirror.subjectType)(...)" }
    open.append(identity)
    defer { open.removeLast() }
    return initializer(mirror)
  }

  mutating func initializer(_ mirror: Mirror) -> String {
    "\(mirror.subjectType)(\(arguments(mirror)))"
  }

  private mutating func arguments(_ mirror: Mirror) -> String {
    mirror.children.map { child in
      let label = child.label.map { $0.hasPrefix("_") ? String($0.dropFirst()) : $0 } ?? ""
      let isNamed = !label.isEmpty && !label.hasPrefix(".")
      return (isNamed ? "\(label): " : "") + describe(child.value)
    }.joined(separator: ", ")
  }
}

// MARK: Types of the standard library and Foundation

extension Bool: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String { description }
}

extension String: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String { SwiftLiteral.quoted(self) }
}

extension Substring: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String { SwiftLiteral.quoted(self) }
}

extension Character: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String { SwiftLiteral.quoted(String(self)) }
}

extension Unicode.Scalar: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String {
    SwiftLiteral.quoted(String(Character(self)))
  }
}

extension Double: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String {
    isNaN ? ".nan" : isInfinite ? (self < 0 ? "-.infinity" : ".infinity") : description
  }
}

extension Float: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String {
    isNaN ? ".nan" : isInfinite ? (self < 0 ? "-.infinity" : ".infinity") : description
  }
}

extension ClosedRange: LiteralDescribable {
  fileprivate func literal(_ printer: inout Printer) -> String {
    printer.describe(lowerBound) + "..." + printer.describe(upperBound)
  }
}

extension Range: LiteralDescribable {
  fileprivate func literal(_ printer: inout Printer) -> String {
    printer.describe(lowerBound) + "..<" + printer.describe(upperBound)
  }
}

extension AnyHashable: LiteralDescribable {
  fileprivate func literal(_ printer: inout Printer) -> String { printer.describe(base) }
}

extension Duration: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String {
    let (seconds, attoseconds) = components
    if attoseconds == 0 { return ".seconds(\(seconds))" }
    let units: [(name: String, count: Int64)] = [
      ("milliseconds", 1_000), ("microseconds", 1_000_000), ("nanoseconds", 1_000_000_000),
    ]
    for (name, count) in units {
      let size = 1_000_000_000_000_000_000 / count
      let (whole, overflow) = seconds.multipliedReportingOverflow(by: count)
      if !overflow, attoseconds % size == 0 { return ".\(name)(\(whole + attoseconds / size))" }
    }
    return "Duration(secondsComponent: \(seconds), attosecondsComponent: \(attoseconds))"
  }
}

extension Date: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String {
    "Date(timeIntervalSinceReferenceDate: \(timeIntervalSinceReferenceDate))"
  }
}

extension UUID: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String { "UUID(uuidString: \"\(uuidString)\")!" }
}

extension URL: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String {
    "URL(string: \(SwiftLiteral.quoted(absoluteString)))!"
  }
}

extension Data: LiteralDescribable {
  fileprivate func literal(_: inout Printer) -> String {
    "Data([" + map { "\($0)" }.joined(separator: ", ") + "])"
  }
}
