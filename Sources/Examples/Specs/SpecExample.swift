public import Interleave

/// A type with a race, the same without it, and the smallest program that shows the race.
public struct SpecExample: Sendable, CustomStringConvertible {
  public var name: String
  /// How the race shows.
  public var kind: FuzzFailure.Kind
  /// The smallest program that fails.
  public var smallest: [String]
  /// The fewest preemptions with which it fails.
  public var preemptions: Int
  /// Looks for the race.
  public var racy: @Sendable (Fuzzer) async -> FuzzOutcome
  /// Looks for it where there is none.
  public var mended: @Sendable (Fuzzer) async -> FuzzOutcome

  public var description: String { name }

  /// All examples.
  public static let all: [SpecExample] = [
    SpecExample(
      name: "cache", kind: .notLinearizable,
      smallest: ["lane 1: .value(for: 0)", "lane 2: .value(for: 0)"], preemptions: 1,
      racy: { await $0.run(named: "cache", CacheSpec<ForgetfulCache>()) },
      mended: { await $0.run(named: "cache", CacheSpec<MendedCache>()) }),
    SpecExample(
      name: "queue", kind: .notLinearizable,
      smallest: ["first: .push(0)", "lane 1: .pop", "lane 2: .pop"], preemptions: 1,
      racy: { await $0.run(named: "queue", BoundedQueueSpec<GenerousQueue>()) },
      mended: { await $0.run(named: "queue", BoundedQueueSpec<MendedQueue>()) }),
    SpecExample(
      name: "semaphore", kind: .invariant, smallest: ["lane 1: .use", "lane 2: .use"],
      preemptions: 1,
      racy: { await $0.run(named: "semaphore", AsyncSemaphoreSpec<LaxSemaphore>()) },
      mended: { await $0.run(named: "semaphore", AsyncSemaphoreSpec<MendedSemaphore>()) }),
    SpecExample(
      name: "limiter", kind: .notLinearizable,
      smallest: ["lane 1: .take(1)", "lane 2: .take(2)"], preemptions: 1,
      racy: { await $0.run(named: "limiter", RateLimiterSpec<LeakyRateLimiter>()) },
      mended: { await $0.run(named: "limiter", RateLimiterSpec<MendedRateLimiter>()) }),
    SpecExample(
      name: "store", kind: .notLinearizable,
      smallest: ["lane 1: .increment(0)", "lane 2: .increment(0)"], preemptions: 1,
      racy: { await $0.run(named: "store", KeyValueStoreSpec<CarelessStore>()) },
      mended: { await $0.run(named: "store", KeyValueStoreSpec<MendedStore>()) }),
  ]
}
