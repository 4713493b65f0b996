import Dispatch
import InterleaveEngine
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

#if os(Linux) && arch(x86_64)
  /// A watch is the whole process's; what is noted is a run's own.
  @Suite struct SharingWatchTests {
    /// Calls what nothing is known of.
    private static func callOut() { _ = getpgrp() }

    /// What one run is told to have shared unseen, while somebody watches.
    private func unseen(
      isNoted: Bool, beside others: @escaping @Sendable (_ run: () -> Void) -> Void = { $0() },
      _ body: @escaping @Sendable () -> Void
    ) async throws -> UnseenSharing? {
      try await onThread {
        let machine = try Machine(settings: MachineSettings())
        let watch = try #require(SharingWatch())
        machine.noteUnseen(isNoted)
        var unseen: UnseenSharing?
        others {
          _ = machine.run(Baseline(), RunStart(index: 0, seed: 0)) { Task { body() } }
          unseen = machine.unseen
          #expect(machine.limits.contains(.sharing) == (unseen != nil))
          machine.finish()
        }
        withExtendedLifetime(watch) {}
        return unseen
      }
    }

    @Test func aRunThatIsNotedTellsOfItsCall() async throws {
      let unseen = try await unseen(isNoted: true) { Self.callOut() }
      #expect(unseen?.kind == .call)
      #expect(unseen?.name == "getpgrp")
    }

    @Test func aRunThatIsNotNotedTellsNothingWhileAnotherWatches() async throws {
      #expect(try await unseen(isNoted: false) { Self.callOut() } == nil)
    }

    @Test func whatAThreadOfNoRunCallsIsNoRunsDoing() async throws {
      let unseen = try await unseen(
        isNoted: true,
        beside: { run in
          let (started, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
          DispatchQueue.global().async {
            repeat {
              Self.callOut()
              started.signal()
            } while ended.wait(timeout: .now()) == .timedOut
          }
          started.wait()
          run()
          ended.signal()
        }, {})
      #expect(unseen == nil)
    }
  }
#endif
