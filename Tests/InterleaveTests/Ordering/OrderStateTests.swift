import Testing

@testable import Interleave

/// What an order lets pass, without any concurrency.
@Suite struct OrderStateTests {
  private func state(_ pairs: CheckpointOrder...) -> OrderState {
    OrderState(OrderPlan(pairs: pairs))
  }

  private func expect(
    _ state: inout OrderState, _ point: Checkpoint, passes: Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let isAdmitted = state.admit(point)
    #expect(isAdmitted == passes, sourceLocation: sourceLocation)
  }

  @Test func aLaterPointWaitsForTheEarlierOne() {
    var state = state("a" < "b")
    state.arrive(at: "b")
    expect(&state, "b", passes: false)
    #expect(state.isHeldUp)
    state.arrive(at: "a")
    expect(&state, "a", passes: true)
    expect(&state, "b", passes: false)
    state.pass("a")
    expect(&state, "b", passes: true)
    #expect(!state.isMet)
    state.pass("b")
    #expect(state.isMet)
    #expect(!state.isHeldUp)
  }

  @Test func aPointThatIsNotNamedPasses() {
    var state = state("a" < "b")
    state.arrive(at: "c")
    expect(&state, "c", passes: true)
  }

  @Test func aPointWaitsForAllThatComeBeforeIt() {
    var state = state("a" < "c", "b" < "c")
    for point: Checkpoint in ["a", "b", "c"] { state.arrive(at: point) }
    expect(&state, "a", passes: true)
    state.pass("a")
    expect(&state, "c", passes: false)
    #expect(
      state.obstacles == [
        "\"c\" was reached, and waited for \"b\""
      ])
  }

  @Test func aSequenceLetsOneTaskOnAtATime() {
    var state = OrderState(OrderPlan(sequence: ["a", "a", "b"]))
    for point: Checkpoint in ["a", "a", "b"] { state.arrive(at: point) }
    expect(&state, "b", passes: false)
    expect(&state, "a", passes: true)
    expect(&state, "a", passes: false)
    state.pass("a")
    expect(&state, "b", passes: false)
    expect(&state, "a", passes: true)
    state.pass("a")
    expect(&state, "b", passes: true)
    state.pass("b")
    #expect(state.isMet)
  }

  @Test func aPointWhoseTurnsAreOverPasses() {
    var state = OrderState(OrderPlan(sequence: ["a", "b"]))
    state.arrive(at: "a")
    expect(&state, "a", passes: true)
    state.pass("a")
    state.arrive(at: "a")
    expect(&state, "a", passes: true)
    state.pass("a")
    #expect(state.obstacles == ["\"b\" was never reached (reached: \"a\")"])
  }

  @Test func whatIsGivenUpLetsAllPass() {
    var state = state("a" < "b")
    state.arrive(at: "b")
    state.giveUp()
    expect(&state, "b", passes: true)
    #expect(!state.isMet)
  }

  @Test func aContradictionIsTheWholeCircle() throws {
    #expect(OrderPlan(pairs: ["a" < "b", "b" < "c", "a" < "c"]).contradiction == nil)
    #expect(OrderPlan(pairs: ["a" < "a"]).contradiction == ["a"])
    let circle = OrderPlan(pairs: ["x" < "a", "a" < "b", "b" < "c", "c" < "a"])
    #expect(circle.contradiction == ["a", "b", "c"])
    let error = #expect(throws: ConfigurationError.self) { try circle.validate() }
    #expect(
      error?.description
        == "the order of checkpoints must not contradict itself (was \"a\" < \"b\" < \"c\" < \"a\")"
    )
  }
}
