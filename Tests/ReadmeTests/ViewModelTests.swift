import Interleave
import Observation
import Testing

@MainActor @Test func theLatestSearchIsShown() async throws {
  try await fuzz {
    let model = SearchModel()
    always(model) { $0.shown == nil || $0.shown == $0.query }
    async let first: Void = model.search("a")
    async let second: Void = model.search("ab")
    _ = await (first, second)
    #expect(model.shown == model.query)
  }
}

@MainActor @Observable final class SearchModel {
  private(set) var query = ""
  private(set) var shown: String?

  func search(_ text: String) async {
    query = text
    shown = nil
    await Task.yield()
    if query == text { shown = text }
  }
}

/// The same without the question whether the answer is still wanted.
@MainActor private final class HastyModel {
  private(set) var query = ""
  private(set) var shown: String?

  func search(_ text: String) async {
    query = text
    shown = nil
    await Task.yield()
    shown = text
  }
}

struct ViewModelTests {
  @Test func anAnswerThatComesLateIsFound() async throws {
    var configuration = FuzzConfiguration()
    configuration.corpus = .none
    let outcome = await Fuzzer(configuration).run(named: "hasty") { @MainActor in
      let model = HastyModel()
      async let first: Void = model.search("a")
      async let second: Void = model.search("ab")
      _ = await (first, second)
      #expect(model.shown == model.query)
    }
    #expect(outcome.failure?.kind == .expectation, "\(outcome)")
  }
}
