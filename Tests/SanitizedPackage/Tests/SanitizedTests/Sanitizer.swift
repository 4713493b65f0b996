import Foundation
import Testing

/// The sanitizers that a test can be built with.
enum Sanitizer: String, CaseIterable {
  case thread, address

  /// The one that watches over this process.
  static var current: Sanitizer? { allCases.first(where: \.isLinked) }

  private var isLinked: Bool {
    let name = self == .thread ? "__tsan_init" : "__asan_init"
    return dlsym(nil, name) != nil
  }
}

/// Who starts the tests says what they are built with: what needs a sanitizer must not be
/// passed over where there should be one.
@Test func theTestsAreBuiltAsTheyShouldBe() {
  let expected = ProcessInfo.processInfo.environment["EXPECTED_SANITIZER"] ?? ""
  #expect(Sanitizer.current?.rawValue ?? "" == expected)
}
