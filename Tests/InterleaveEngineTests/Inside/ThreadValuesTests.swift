#if os(Linux)
  import Foundation
  import InterleaveBugs
  import InterleaveEngine
  import Testing

  /// What belongs to a thread by a key belongs to a step's carrier.
  @Suite(.enabled(if: Interruptions.obstacle == nil)) struct ThreadValuesTests {
    private static let key: pthread_key_t = {
      var key = pthread_key_t()
      pthread_key_create(&key) { _ in ThreadValuesTests.letGo { $0 += 1 } }
      return key
    }()

    private static let letGo = Locked(0)

    @Test func aRunFindsNothingOfTheThreadsOwnAndLeavesThatAsItIs() async throws {
      let (seen, after) = try await onThread {
        pthread_setspecific(Self.key, UnsafeRawPointer(bitPattern: 1))
        defer { pthread_setspecific(Self.key, nil) }
        var settings = MachineSettings()
        settings.interruptions = .before
        let machine = try Machine(settings: settings)
        let seen = Locked(0)
        for seed in 0..<20 {
          _ = machine.run(RandomWalk(), RunStart(index: seed, seed: UInt64(seed))) {
            Task {
              await both(
                {
                  if pthread_getspecific(Self.key) != nil { seen { $0 += 1 } }
                  pthread_setspecific(Self.key, UnsafeRawPointer(bitPattern: 2))
                }, { if pthread_getspecific(Self.key) == nil { seen { $0 += 0 } } })
            }
          }
          machine.finish()
        }
        return (seen.get(), Int(bitPattern: pthread_getspecific(Self.key)))
      }
      #expect(seen == 0)
      #expect(after == 1)
      #expect(Self.letGo.get() == 20, "what the steps of each run have kept is let go of")
    }
  }
#endif
