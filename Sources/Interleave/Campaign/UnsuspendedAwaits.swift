import Foundation
import InterleaveEngine

/// Awaits of a test's doubles at which no task was suspended in any run, so that nothing could
/// come in between.
///
/// What is awaited is known where a protocol's requirement is called, by the function that the
/// compiler puts between it and the double.
struct UnsuspendedAwaits {
  private struct Await {
    var place: CodePlace
    var double: String

    var words: String { "\(place.words) awaits `\(double)`" }
  }

  private let awaits: [Await]

  /// More are not told.
  private static let most = 3

  /// - Parameters:
  ///   - sites: What all runs have shown of the awaits on actors.
  ///   - module: The module that the doubles belong to; empty for any.
  init(_ sites: [UInt: AwaitSite], ofTestsIn module: String) {
    let silent = sites.values.filter { $0.neverSuspends && !$0.calls.isEmpty }
      .sorted { $0.resume < $1.resume }
    let symbols = Symbolicator.shared
    awaits = silent.compactMap { site in
      let calls = site.calls.map { CodeAddress.afterCall($0) }
      let witness = zip(symbols.symbols(of: calls), calls).first { Self.isWitness($0.0) }
      guard let (symbol, call) = witness,
        !Self.isBeginning(symbols.symbols(of: [.start(site.resume)])[0]),
        module.isEmpty || Symbolicator.module(ofSymbol: symbol) == module
      else { return nil }
      let place = symbols.place(of: .start(site.resume))
      guard place.place != nil else { return nil }
      return Await(place: place, double: symbols.place(of: call).function)
    }
  }

  /// What is known, as part of another message.
  var facts: [String] { awaits.map { "\($0.words), which comes back without suspending" } }

  /// What is worth a warning in a test that has passed so many schedules.
  func warnings(in schedules: Int) -> [String] {
    awaits.prefix(Self.most).map { found in
      "\(found.words), which never suspended in \(counted(schedules, "schedule")): nothing can come "
        + "in between there, so that no race shows which the real one may have. Let the double "
        + "suspend, as a `Stub` does, or by `await Task.yield()`. "
        + "`configuration.checks.remove(.unsuspendedAwaits)` turns this check off"
    }
  }

  /// It is what the compiler puts between a protocol's requirement and what meets it.
  private static func isWitness(_ symbol: String) -> Bool {
    guard let mark = symbol.range(of: "TW", options: .backwards) else { return false }
    return symbol[mark.upperBound...].allSatisfy { "TQY_0123456789".contains($0) }
  }

  /// It is the part of a function that follows its very beginning.
  private static func isBeginning(_ symbol: String) -> Bool { symbol.hasSuffix("TY0_") }
}
