import Foundation

/// The source of a double of a protocol, with a stub for each of its async requirements.
///
/// What is not async no stub can stand in for: that is left to be written, and does not compile until
/// it is.
struct ProtocolDouble {
  private let name: String
  private var stubs: [String] = []
  private var members: [String] = []
  private var names: Set<String> = []

  init(_ symbol: SymbolGraph.Symbol, requirements: [SymbolGraph.Symbol]) {
    name = symbol.pathComponents.joined(separator: ".")
    for requirement in requirements { add(requirement) }
  }

  /// The source, ending with a newline.
  var source: String {
    let type = name.filter { $0 != "." }
    let body = (stubs + (stubs.isEmpty || members.isEmpty ? [] : [""]) + members)
      .map { $0.isEmpty ? "" : "  \($0)" }
    return (["struct \(type)Double: \(name) {"] + body + ["}"]).joined(separator: "\n") + "\n"
  }

  private mutating func add(_ requirement: SymbolGraph.Symbol) {
    let declaration = requirement.declaration
    switch requirement.kind.identifier {
    case "swift.method" where declaration.contains(" async"): addMethod(requirement)
    case "swift.property" where declaration.contains("get async"): addProperty(requirement)
    case "swift.associatedtype":
      members.append("typealias \(requirement.pathComponents.last ?? "") = <#type#>")
    default:
      members.append("\(Self.withoutAccessors(declaration)) { <#not async#> }")
    }
  }

  private mutating func addMethod(_ requirement: SymbolGraph.Symbol) {
    let declaration = requirement.declaration
    let parameters = requirement.functionSignature?.parameters ?? []
    let types = parameters.map { Self.type(of: $0) }
    let output = Self.output(requirement.functionSignature?.returns)
    let base = String((requirement.pathComponents.last ?? "").prefix { $0 != "(" })
    let stub = addStub(base, declaration, types + [output])
    let arguments = parameters.map { $0.internalName ?? $0.name }.joined(separator: ", ")
    members.append(
      "\(declaration) { \(Self.call(declaration)) \(stub)(\(arguments)) }")
  }

  private mutating func addProperty(_ requirement: SymbolGraph.Symbol) {
    let declaration = requirement.declaration
    let name = requirement.pathComponents.last ?? ""
    let head = Self.withoutAccessors(declaration)
    let type = head.split(separator: ":", maxSplits: 1).last.map { $0.drop { $0 == " " } } ?? ""
    let stub = addStub(name, declaration, [String(type)])
    let getter = Self.effects(declaration)
    members.append("\(head) { get\(getter) { \(Self.call(declaration)) \(stub)() } }")
  }

  /// - Returns: The name of the property that holds it.
  private mutating func addStub(
    _ base: String, _ declaration: String, _ types: [String]
  ) -> String {
    var stub = "\(base)Stub"
    var number = 2
    while !names.insert(stub).inserted {
      stub = "\(base)Stub\(number)"
      number += 1
    }
    let kind: String
    var arguments = types
    if let match = declaration.firstMatch(of: /throws\(([^)]+)\)/) {
      kind = "TypedStub"
      arguments.append(String(match.1))
    } else {
      kind = declaration.contains(" throws") ? "Stub" : "NonthrowingStub"
    }
    stubs.append("let \(stub): \(kind)<\(arguments.joined(separator: ", "))>")
    return stub
  }

  // MARK: Pieces of declarations

  private static func call(_ declaration: String) -> String {
    declaration.contains(" throws") ? "try await" : "await"
  }

  private static func effects(_ declaration: String) -> String {
    if let match = declaration.firstMatch(of: /get( async(?: throws(?:\([^)]+\))?)?)/) {
      return String(match.1)
    }
    return ""
  }

  private static func withoutAccessors(_ declaration: String) -> String {
    let end = declaration.range(of: " {")?.lowerBound ?? declaration.endIndex
    return String(declaration[..<end])
  }

  /// The type of a parameter, as in `id: Int`.
  private static func type(of parameter: SymbolGraph.Parameter) -> String {
    let text = parameter.declarationFragments.map(\.spelling).joined()
    return text.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) }
      ?? text
  }

  private static func output(_ fragments: [SymbolGraph.Fragment]?) -> String {
    let text = (fragments ?? []).map(\.spelling).joined()
    return text.isEmpty || text == "()" ? "Void" : text
  }
}
