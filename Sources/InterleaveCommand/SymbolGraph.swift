import Foundation

/// What a compiler tells of a module's declarations, as far as doubles of protocols need it.
struct SymbolGraph: Decodable {
  var symbols: [Symbol]
  var relationships: [Relationship]

  struct Symbol: Decodable {
    var kind: Named
    var identifier: Precise
    var pathComponents: [String]
    var declarationFragments: [Fragment]?
    var functionSignature: Signature?

    /// The declaration as it is written, without attributes.
    var declaration: String {
      let fragments = (declarationFragments ?? []).drop { $0.kind == "attribute" }
      return fragments.map(\.spelling).joined().trimmingCharacters(in: .whitespaces)
    }
  }

  struct Named: Decodable { var identifier: String }
  struct Precise: Decodable { var precise: String }
  struct Relationship: Decodable { var kind, source, target: String }
  struct Fragment: Decodable { var kind, spelling: String }

  struct Signature: Decodable {
    var parameters: [Parameter]?
    var returns: [Fragment]?
  }

  struct Parameter: Decodable {
    var name: String
    var internalName: String?
    var declarationFragments: [Fragment]
  }

  /// The protocol of a name; nil where there is none.
  func `protocol`(_ name: String) -> Symbol? {
    symbols.first {
      $0.kind.identifier == "swift.protocol" && $0.pathComponents.joined(separator: ".") == name
    }
  }

  /// What a protocol requires, in the order of its names.
  func requirements(of symbol: Symbol) -> [Symbol] {
    let sources = Set(
      relationships.filter {
        $0.kind == "requirementOf" && $0.target == symbol.identifier.precise
      }.map(\.source))
    return symbols.filter { sources.contains($0.identifier.precise) }
      .sorted { $0.pathComponents.lexicographicallyPrecedes($1.pathComponents) }
  }
}
