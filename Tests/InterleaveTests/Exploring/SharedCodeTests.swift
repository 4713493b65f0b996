import Foundation
import InterleaveEngine
import Testing

#if os(Linux) && arch(x86_64)
  /// What Foundation has each unit compile is no code of a unit with atomics; what that adds to it is.
  @Suite struct SharedCodeTests {
    @Test func aLockOfFoundationThatAnotherUnitHasBesideAtomicsKeepsTheProof() async {
      await expect(
        .proved {
          let lock = NSLock()
          await besides({ lock.withLock {} }, { lock.withLock {} })
        })
    }

    @Test func aLockMadeOfAnAtomicIsNoProof() async {
      await expect(
        .withheld("uses atomics or a Mutex") {
          let lock = AtomicLock()
          await besides({ lock.withLock {} }, { lock.withLock {} })
        })
    }

    @Test func foundationsFunctionsAreNotWatchedAndExtensionsOfItAre() {
      let watched = SharingWatch.watched
      #expect(!watched.contains { $0.hasPrefix("$s10Foundation9NSLockingPAAE8withLock") })
      for name in ["10takenTwice", "4DateV15InterleaveTestsE4look", "$sSi15InterleaveTestsE4look"] {
        #expect(watched.contains { $0.contains(name) }, "\(name)")
      }
    }
  }
#endif
