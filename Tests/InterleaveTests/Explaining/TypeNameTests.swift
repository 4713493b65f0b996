import Testing

@testable import Interleave

@Suite struct TypeNameTests {
  @Test(arguments: [
    ("App.Bank", "Bank"),
    ("App.Outer.Inner", "Inner"),
    ("App.(unknown context at $7f1234).Bank", "Bank"),
    ("App.Box<Swift.Int>", "Box<Int>"),
    ("App.Box<Swift.Array<App.Item>>", "Box<Array<Item>>"),
    ("App.Pair<Swift.Int, Swift.String>", "Pair<Int, String>"),
    ("App.Snake_Case2", "Snake_Case2"),
    ("App.Größe", "Größe"),
    ("Swift.Task<(), Swift.Never>", "Task<(), Never>"),
    ("", ""),
  ]) func modulesAndPrivateContextsAreLeftOut(qualified: String, short: String) {
    #expect(TypeName.short(qualified) == short)
  }
}
