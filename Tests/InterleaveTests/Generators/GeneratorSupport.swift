import Interleave

/// Values that a generator makes of the given seeds.
func samples<Value>(
  _ generator: Generator<Value>, count: Int = 1_000, seed: UInt64 = 1
) throws -> [Value] {
  try (0..<count).map { try ChoiceSource(seed: seed + UInt64($0))(generator) }
}

/// What the shrinker made of a failure.
struct Shrunk<Value> {
  var value: Value
  var runs: Int
  var isFixpoint: Bool
}

/// Finds a value for which `fails` holds, from a seed on, and shrinks it.
func shrink<Value>(
  _ generator: Generator<Value>, seed: UInt64, budget: Int = 20_000, tries: Int = 20_000,
  fails: (Value) -> Bool
) throws -> Shrunk<Value>? {
  for attempt in 0..<UInt64(tries) {
    let source = ChoiceSource(seed: SplitMix64.seed(seed, stream: attempt))
    guard let value = try? source(generator), fails(value) else { continue }
    var shrinker = ChoiceShrinker(source.recording, budget: budget)
    shrinker.run { choices in
      let source = ChoiceSource(replaying: choices)
      guard let value = try? source(generator), fails(value) else { return nil }
      return source.recording
    }
    let final = try ChoiceSource(replaying: shrinker.best.values)(generator)
    return Shrunk(value: final, runs: shrinker.runs, isFixpoint: shrinker.isFixpoint)
  }
  return nil
}
