import Testing

@testable import Interleave

@Suite struct FunctionNameTests {
  @Test(arguments: [
    ("Bank.withdraw(_:)", "Bank.withdraw(_:)"),
    ("(1) suspend resume partial function for Bank.withdraw(_:)", "Bank.withdraw(_:)"),
    ("(23) await resume partial function for neverOverdrawn()", "neverOverdrawn()"),
    ("partial apply for closure #2 in neverOverdrawn()", "closure #2 in neverOverdrawn()"),
    (
      "(2) suspend resume partial function for partial apply forwarder for closure #1 @Sendable () "
        + "async -> () in transfer(from:to:)", "closure #1 in transfer(from:to:)"
    ),
    ("implicit closure #1 in neverOverdrawn()", "closure #1 in neverOverdrawn()"),
    ("closure #1 in closure #3 in run()", "closure #1 in closure #3 in run()"),
    ("async function pointer to Bank.close()", "Bank.close()"),
    ("Bank.balance.getter", "Bank.balance"),
    ("static Bank.open()", "Bank.open()"),
    (
      "specialized static Task<>._sleep<A>(until:tolerance:clock:)",
      "Task._sleep(until:tolerance:clock:)"
    ),
    ("Cache<A, B>.value(for:)", "Cache.value(for:)"),
    ("protocol witness for Reading.get(_:) in conformance Store", "Store.get(_:)"),
    ("protocol witness for static Reading.make() in conformance Store", "Store.make()"),
    ("static Amount.< infix(_:_:)", "Amount.< infix(_:_:)"),
    ("reabstraction thunk helper from @escaping", ""),
    ("future_adapter(swift::AsyncContext*)", ""),
    ("swift::NullaryContinuationJob::process(swift::Job*)", "Task.yield()"),
    ("swift::runJobInEstablishedExecutorContext(swift::Job*)", ""),
    ("main", "main"),
    ("", ""),
  ]) func whatTheCompilerAddedGoesAway(demangled: String, readable: String) {
    #expect(FunctionName.readable(demangled) == readable)
  }
}
